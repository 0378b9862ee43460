"""Every address of our own, read from the resolver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from datasets_app.corpus.stages import QUARANTINE
from tests.security.place import LABELLING, Place

GUIDELINE_ACTS = ("detail", "approve", "send_back", "edit", "withdraw", "diff")
QUALITY_ACTS = ("quality", "quality_json", "quality_csv", "quality_draw", "quality_next")
STUDY_ACTS = ("detail", "best", "cancel", "resume", "train")
SESSION_ACTS = ("detail", "resolve", "text", "try_turns", "try_end")
CASE_ACTS = ("detail", "acknowledge", "take_over", "release", "verify", "override", "close", "reopen", "note")
FINDINGS = ("clinical_questions", "error_next", "edge_cases", "edge_cases_check", "fairness", "fairness_create")
EXPERT_SET_ACTS = ("detail", "freeze", "download", "manifest")
FOLLOWED = ("record", "snapshot", "release", "run", "version")
RELABEL_ACTS = ("relabel", "relabel_accept", "relabel_dismiss", "relabel_propose")
# Third-party pages with tests of their own in tests/accounts: sign-in, and Django's admin behind the same door.
FOREIGN = ("allauth.", "django.")


def own_names() -> set[str]:
    """The full names (`namespace:name`) of all views of ours."""
    return {name for name, callback in _named(get_resolver().url_patterns) if not _is_foreign(callback)}


def foreign_modules() -> set[str]:
    """Where the other views come from."""
    return {callback.__module__ for _, callback in _named(get_resolver().url_patterns) if _is_foreign(callback)}


def _is_foreign(callback: Any) -> bool:
    return callback.__module__.startswith(FOREIGN)


def _named(patterns: list[Any], namespace: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _named(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", pattern.callback


#: Addresses of lines of the plan and of plots, which every project has: they name no row, so nobody is refused by whose
#: row it is.
PLAN_LINES = frozenset(
    f"review:{name}"
    for name in (
        "gate_detail",
        "gate_waive",
        "owner_assign",
        "phase_close",
        "phase_detail",
        "phase_reopen",
        "plan_export",
        "task_detail",
    )
) | {"inference:monitoring_plot"}


def _labeller(place: Place) -> Any:
    return place.world.user("annotator", LABELLING)


def _a_label(place: Place) -> Any:
    return place.snapshot.labels.order_by("pk").first()


#: Of which row the id in an address is. Read when asked for: some are made then, and making all of them for each
#: address took longer than the page.
ROWS: dict[str, Callable[[Place], Any]] = {
    "accounts:role_revoke": attrgetter("membership"),
    **dict.fromkeys((f"accounts:api_key_{act}" for act in ("detail", "change", "rotate", "revoke")), attrgetter("key")),
    "jobs:detail": attrgetter("job"),
    "jobs:progress": attrgetter("job"),
    "jobs:cancel": attrgetter("job"),
    "jobs:retry": attrgetter("job"),
    "datasets:import_detail": attrgetter("batch"),
    "datasets:import_quarantine": attrgetter("batch"),
    "datasets_api:import_detail": attrgetter("batch"),
    "datasets:record_detail": attrgetter("record"),
    "annotation:label_import": attrgetter("label_import"),
    "annotation:label_import_refused": attrgetter("label_import"),
    "datasets:pii_confirm": attrgetter("record"),
    "datasets:pii_release": attrgetter("record"),
    "datasets:snapshot_detail": attrgetter("snapshot"),
    "datasets:snapshot_download": attrgetter("snapshot"),
    "datasets:release_detail": attrgetter("release"),
    "datasets:ladder_detail": attrgetter("ladder"),
    "datasets:store_work": attrgetter("store_work"),
    "datasets:release_quality": attrgetter("release"),
    "datasets:release_export": attrgetter("release"),
    "datasets:release_scores": attrgetter("release"),
    "datasets:release_enrich": attrgetter("release"),
    "datasets:release_compare": attrgetter("release"),
    **dict.fromkeys((f"datasets:synthesis_{act}" for act in ("batch", "take", "quarantine")), attrgetter("synthesis")),
    **dict.fromkeys((f"datasets:synthesis_{act}" for act in ("row", "reopen")), attrgetter("synthesis_row")),
    "datasets:duplicate_search": attrgetter("duplicates"),
    "datasets:duplicate_states": attrgetter("duplicates"),
    "datasets:duplicate_decide": attrgetter("duplicates"),
    "datasets:duplicate_confirm": attrgetter("duplicates"),
    "datasets:duplicate_restore": attrgetter("duplicates"),
    **dict.fromkeys(
        (f"datasets:augmentation{act}" for act in ("", "_quarantine", "_bring")), attrgetter("augmentation")
    ),
    **dict.fromkeys((f"datasets:variation_{act}" for act in ("review", "pass")), attrgetter("variation")),
    "annotation:round_adjudicate": attrgetter("disputed_round"),
    "annotation:round_adjudicate_seat": attrgetter("disputed_round"),
    "annotation:round_aggregate": attrgetter("disputed_round"),
    "annotation:round_publish": attrgetter("disputed_round"),
    "annotation:flag_resolve": attrgetter("flag"),
    **dict.fromkeys((f"annotation:guideline_{act}" for act in GUIDELINE_ACTS), attrgetter("guideline")),
    **dict.fromkeys((f"annotation:{act}" for act in RELABEL_ACTS), attrgetter("guideline")),
    **dict.fromkeys((f"annotation:{act}" for act in QUALITY_ACTS), attrgetter("disputed_round")),
    "annotation:quality_review": attrgetter("finding"),
    "annotation:feedback_answer": attrgetter("finding"),
    "training:run_detail": attrgetter("run"),
    **dict.fromkeys((f"training:run_{act}" for act in ("cancel", "config", "resume")), attrgetter("run")),
    **dict.fromkeys((f"training:study_{act}" for act in STUDY_ACTS), attrgetter("study")),
    "training:version_detail": attrgetter("version"),
    "training:version_errors": attrgetter("version"),
    "training:version_card": attrgetter("version"),
    "training:version_student": attrgetter("version"),
    "training:version_int8": attrgetter("version"),
    "review:signoff": attrgetter("reviewed_version"),
    **dict.fromkeys((f"review:{page}" for page in FINDINGS), attrgetter("reviewed_version")),
    "review:fairness_download": attrgetter("fairness_report"),
    "review:signoff_void": attrgetter("version"),
    "review:signoff_document": attrgetter("signoff"),
    "production_api:signoff": attrgetter("version"),
    "production_api:promote": attrgetter("version"),
    "review:version_promote": attrgetter("version"),
    "review:campaign_detail": attrgetter("campaign"),
    "review:campaign_close": attrgetter("campaign"),
    "review:case_next": attrgetter("campaign"),
    **dict.fromkeys(("review:case_judge", "review:case_discuss", "review:case_resolve"), attrgetter("case")),
    "review:campaign_reassign": attrgetter("campaign"),
    **dict.fromkeys((f"review:expert_set_{act}" for act in EXPERT_SET_ACTS), attrgetter("expert_set")),
    "review:example_next": attrgetter("expert_set"),
    **dict.fromkeys(("review:example_rate", "review:example_decide"), attrgetter("example")),
    **dict.fromkeys((f"review:case_{act}" for act in ("relabel", "note", "similar")), attrgetter("case")),
    **dict.fromkeys(("review:relabel_consent", "review:relabel_decline"), attrgetter("feedback")),
    **dict.fromkeys(("review:request_import_name", "review:request_close"), attrgetter("case_request")),
    **dict.fromkeys((f"annotation:guideline_note_{act}" for act in ("take", "dismiss")), attrgetter("guideline_note")),
    **dict.fromkeys(("review:expert_change", "review:absence_add"), attrgetter("expert")),
    "review:absence_end": attrgetter("absence"),
    "review:evidence": attrgetter("score"),
    "review:evidence_bundle": attrgetter("version"),
    "review:evidence_annotation": attrgetter("finding.annotation"),
    "review:evidence_label": _a_label,
    **{f"review:evidence_{kind}": attrgetter(kind) for kind in FOLLOWED},
    "review:owner_end": attrgetter("task_owner"),
    "review:waiver_withdraw": attrgetter("waiver"),
    **dict.fromkeys((f"inference:session_{act}" for act in SESSION_ACTS), attrgetter("session")),
    **dict.fromkeys((f"inference:case_{act}" for act in CASE_ACTS), attrgetter("alarm_case")),
    "inference:handover_record": attrgetter("alarm_case"),
    "inference:handover_step": attrgetter("handover"),
    "inference:alert_detail": attrgetter("alert"),
    "annotation:gold_retire": attrgetter("gold"),
    "annotation:drift_person": _labeller,
    "annotation:drift_chart": _labeller,
}


def arguments(name: str, place: Place) -> list[Any]:
    """The ids that an address needs, of rows of this place; [] for a page without an object."""
    if name == "datasets:release_file":
        return [place.release.pk, place.shard]
    if name == "datasets:ladder_file":
        return [place.ladder.pk, QUARANTINE]
    if name == "datasets:release_chart":
        return [place.release.pk, "types"]
    if name == "datasets:release_scores_chart":
        return [place.release.pk, "emotions"]
    if name == "datasets:release_scores_file":
        return [place.release.pk, "scores.jsonl"]
    if name == "inference:monitoring_plot":
        return ["levels"]
    if name == "training:run_chart":
        return [place.run.pk, "loss"]
    if name == "training:version_plot":
        return [place.version.pk, "reliability"]
    if name == "training:version_compare_chart":
        return [place.version.pk, place.reviewed_version.pk]
    if name == "training:version_card_section":
        return [place.version.pk, "limits"]
    if name == "training:study_chart":
        return [place.study.pk, "curves"]
    if name == "review:error_read":
        return [place.reviewed_version.pk, place.missed_key]
    if name in ("review:task_detail", "review:owner_assign"):
        return ["1.1"]
    if name in ("review:gate_detail", "review:gate_waive"):
        return ["1.kappa"]
    if name.startswith("review:phase_"):
        return [2]
    if name == "review:plan_export":
        return ["checklist"]
    row = ROWS.get(name)
    if row is None and name.startswith(("annotation:round_", "annotation:api_")) and name != "annotation:round_create":
        row = attrgetter("open_round")
    return [row(place).pk] if row else []


def address(name: str, place: Place) -> str:
    return reverse(name, args=arguments(name, place))
