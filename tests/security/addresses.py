"""Every address of our own, read from the resolver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.security.place import LABELLING, Place

GUIDELINE_ACTS = ("detail", "approve", "send_back", "edit", "withdraw", "diff")
QUALITY_ACTS = ("quality", "quality_json", "quality_csv", "quality_draw", "quality_next")
STUDY_ACTS = ("detail", "best", "cancel", "resume", "train")
SESSION_ACTS = ("detail", "resolve", "text", "try_turns", "try_end")
CASE_ACTS = ("detail", "acknowledge", "take_over", "release", "verify", "override", "close", "reopen", "note")
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


def arguments(name: str, place: Place) -> list[Any]:
    """The ids that an address needs, of rows of this place; [] for a page without an object."""
    if name == "datasets:release_file":
        return [place.release.pk, place.shard]
    if name == "datasets:release_chart":
        return [place.release.pk, "types"]
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
    row = {
        "accounts:role_revoke": place.membership,
        **dict.fromkeys((f"accounts:api_key_{act}" for act in ("detail", "change", "rotate", "revoke")), place.key),
        "jobs:detail": place.job,
        "jobs:progress": place.job,
        "jobs:cancel": place.job,
        "jobs:retry": place.job,
        "datasets:import_detail": place.batch,
        "datasets:import_quarantine": place.batch,
        "datasets_api:import_detail": place.batch,
        "datasets:record_detail": place.record,
        "annotation:label_import": place.label_import,
        "annotation:label_import_refused": place.label_import,
        "datasets:pii_confirm": place.record,
        "datasets:pii_release": place.record,
        "datasets:snapshot_detail": place.snapshot,
        "datasets:snapshot_download": place.snapshot,
        "datasets:release_detail": place.release,
        "datasets:store_work": place.store_work,
        "datasets:release_quality": place.release,
        "datasets:release_export": place.release,
        "datasets:release_compare": place.release,
        "datasets:duplicate_search": place.duplicates,
        "datasets:duplicate_states": place.duplicates,
        "datasets:duplicate_decide": place.duplicates,
        "datasets:duplicate_confirm": place.duplicates,
        "datasets:duplicate_restore": place.duplicates,
        "annotation:round_adjudicate": place.disputed_round,
        "annotation:round_adjudicate_seat": place.disputed_round,
        "annotation:round_aggregate": place.disputed_round,
        "annotation:round_publish": place.disputed_round,
        "annotation:flag_resolve": place.flag,
        **dict.fromkeys((f"annotation:guideline_{act}" for act in GUIDELINE_ACTS), place.guideline),
        **dict.fromkeys((f"annotation:{act}" for act in RELABEL_ACTS), place.guideline),
        **dict.fromkeys((f"annotation:{act}" for act in QUALITY_ACTS), place.disputed_round),
        "annotation:quality_review": place.finding,
        "annotation:feedback_answer": place.finding,
        "training:run_detail": place.run,
        **dict.fromkeys((f"training:run_{act}" for act in ("cancel", "config", "resume")), place.run),
        **dict.fromkeys((f"training:study_{act}" for act in STUDY_ACTS), place.study),
        "training:version_detail": place.version,
        "training:version_errors": place.version,
        "training:version_card": place.version,
        "training:version_student": place.version,
        "training:version_int8": place.version,
        "review:signoff": place.reviewed_version,
        "review:version_promote": place.version,
        "review:campaign_detail": place.campaign,
        "review:campaign_close": place.campaign,
        "review:case_next": place.campaign,
        "review:case_judge": place.case,
        "review:evidence": place.score,
        **dict.fromkeys((f"inference:session_{act}" for act in SESSION_ACTS), place.session),
        **dict.fromkeys((f"inference:case_{act}" for act in CASE_ACTS), place.alarm_case),
        "inference:handover_record": place.alarm_case,
        "inference:handover_step": place.handover,
        "annotation:gold_retire": place.gold,
        "annotation:drift_person": place.world.user("annotator", LABELLING),
        "annotation:drift_chart": place.world.user("annotator", LABELLING),
    }.get(name)
    if row is None and name.startswith(("annotation:round_", "annotation:api_")) and name != "annotation:round_create":
        row = place.open_round
    return [row.pk] if row is not None else []


def address(name: str, place: Place) -> str:
    return reverse(name, args=arguments(name, place))
