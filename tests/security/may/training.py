"""Who may open what of runs, studies, versions."""

from __future__ import annotations

from tests.security.may.roles import (
    LEAD,
    TRAINER,
    WATCHERS,
    Methods,
)

MAY: dict[str, Methods] = {
    "training:runs": (WATCHERS, None),
    "training:run_create": (TRAINER, TRAINER),
    "training:run_detail": (WATCHERS, None),
    "training:run_chart": (WATCHERS, None),
    "training:run_cancel": (None, TRAINER),
    "training:run_load": (None, TRAINER),
    "training:run_estimate": (None, TRAINER),
    "training:run_config": (WATCHERS, None),
    "training:run_resume": (None, TRAINER),
    "training:studies": (WATCHERS, None),
    "training:study_create": (TRAINER, TRAINER),
    "training:study_detail": (WATCHERS, None),
    "training:study_chart": (WATCHERS, None),
    "training:study_best": (WATCHERS, None),
    "training:study_cancel": (None, TRAINER),
    "training:study_resume": (None, TRAINER),
    "training:study_train": (None, TRAINER),
    "training:versions": (WATCHERS, None),
    "training:version_detail": (WATCHERS, None),
    "training:version_plot": (WATCHERS, None),
    "training:version_errors": (WATCHERS, None),
    "training:version_ledger": (WATCHERS, None),
    "training:version_compare": (WATCHERS, None),
    "training:version_compare_chart": (WATCHERS, None),
    "training:version_card_section": (WATCHERS, TRAINER | LEAD),
    "training:version_card": (WATCHERS, None),
    "training:version_student": (None, TRAINER),
    "training:version_int8": (None, TRAINER),
}
