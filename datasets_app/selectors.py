"""Reads of the datasets app, always within one project or the projects of one user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet
from django.urls import reverse

from pixelhub.accounts.access import can, projects_of
from pixelhub.accounts.roles import Capability
from pixelhub.ui.actions import NextAction

from .corpus import taxonomy
from .models import ImportBatch, LabelSnapshot, QuarantinedRow, Record, Release, SnapshotLabel
from .selectors_augmentation import variation_actions
from .selectors_duplicates import duplicate_actions
from .selectors_pii import pii_actions
from .selectors_synthesis import synthesis_actions

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

__all__ = [
    "counts_table",
    "imports_in",
    "next_actions",
    "quarantine_reasons",
    "records_filtered",
    "records_in",
    "releases_in",
    "releases_of",
    "snapshot_types",
    "snapshots_in",
    "usable_records",
]


def imports_in(project: Project) -> QuerySet[ImportBatch]:
    """The project's imports, newest first."""
    return ImportBatch.objects.filter(project=project).select_related("job", "created_by")


def records_in(project: Project) -> QuerySet[Record]:
    """The project's records in the order they came."""
    return Record.objects.filter(project=project)


def usable_records(project: Project) -> QuerySet[Record]:
    """Records that may be labelled and released: active, and nothing in them waits for a review of identifiers."""
    return records_in(project).filter(state=Record.State.ACTIVE, pii_state__in=Record.PII_SETTLED)


def records_filtered(
    project: Project, *, source: str = "", crisis_type: str = "", edge: str = "", use: str = ""
) -> QuerySet[Record]:
    """The project's records by source, proposed type ("unlabelled" for none given), edge case and use; "" means all.

    `use`: "usable", "withdrawn", or a state of the review of identifiers.
    """
    found = records_in(project).select_related("import_batch")
    if source in taxonomy.SOURCES:
        found = found.filter(source=source)
    if crisis_type in taxonomy.CRISIS_TYPES:
        found = found.filter(proposed_type=crisis_type)
    elif crisis_type == "unlabelled":
        found = found.filter(proposed_type="")
    if edge == "1":
        found = found.filter(is_edge_case=True)
    if use == "usable":
        found = found.filter(pk__in=usable_records(project).values("pk"))
    elif use == Record.State.WITHDRAWN:
        found = found.filter(state=Record.State.WITHDRAWN)
    elif use in Record.PiiState.values:
        found = found.filter(state=Record.State.ACTIVE, pii_state=use)
    return found


def quarantine_reasons(batch: ImportBatch) -> list[dict[str, Any]]:
    """The quarantined rows of a batch counted by reason, most frequent first."""
    found = (
        QuarantinedRow.objects.filter(batch=batch)
        .values("reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "reason")
    )
    return [{"reason": row["reason"], "count": row["count"]} for row in found]


def snapshots_in(project: Project) -> QuerySet[LabelSnapshot]:
    """The project's label snapshots, newest first."""
    return LabelSnapshot.objects.filter(project=project).select_related("published_by")


def snapshot_types(snapshot: LabelSnapshot) -> list[dict[str, Any]]:
    """Labels of a snapshot per crisis type, in the taxonomy's order."""
    found = dict(
        SnapshotLabel.objects.filter(snapshot=snapshot)
        .values_list("crisis_type")
        .annotate(count=Count("pk"))
        .order_by("crisis_type")
    )
    return [{"crisis_type": kind, "count": found.get(kind, 0)} for kind in taxonomy.CRISIS_TYPES]


def releases_in(project: Project) -> QuerySet[Release]:
    """The project's releases, newest first."""
    return Release.objects.filter(project=project).select_related("job", "compiled_by")


def releases_of(user: User) -> QuerySet[Release]:
    """All releases in the projects of this user."""
    return Release.objects.filter(project__in=projects_of(user))


def counts_table(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the table records per crisis type and split, with a last row of totals; [] without counts."""
    splits = counts.get("splits")
    if not splits:
        return []
    rows = []
    for kind in taxonomy.CRISIS_TYPES:
        cells = [splits[split]["types"].get(kind, 0) for split in taxonomy.SPLITS]
        rows.append({"crisis_type": kind, "label": "", "cells": cells, "total": sum(cells)})
    unlabelled = [splits[split].get("unlabelled", 0) for split in taxonomy.SPLITS]
    if any(unlabelled):
        rows.append({"crisis_type": "", "label": "Unlabelled", "cells": unlabelled, "total": sum(unlabelled)})
    totals = [splits[split]["total"] for split in taxonomy.SPLITS]
    rows.append({"crisis_type": "", "label": "All", "cells": totals, "total": sum(totals)})
    return rows


def next_actions(user: User, project: Project) -> list[NextAction]:
    """What this user should do next about data."""
    actions = []
    if can(user, project, Capability.DATASET_IMPORT):
        actions += _import_actions(project) + duplicate_actions(project)
    if can(user, project, Capability.RAWTEXT_VIEW):
        actions += synthesis_actions(project)
    if can(user, project, Capability.RELEASE_COMPILE):
        actions += _release_actions(project)
    return actions + pii_actions(user, project) + variation_actions(user, project)


def _import_actions(project: Project) -> list[NextAction]:
    if not Record.objects.filter(project=project).exists():
        return [
            NextAction(
                "Import conversations",
                "The project has no conversations yet. Upload a JSONL or JSON file.",
                reverse("datasets:import_create"),
                20,
                role="data_engineer",
            )
        ]
    latest = ImportBatch.objects.filter(project=project, state=ImportBatch.State.DONE).first()
    if latest is not None and latest.quarantined:
        return [
            NextAction(
                "Look at quarantined rows",
                f"The last import, {latest.file_name}, set rows aside with a reason each.",
                reverse("datasets:import_detail", args=[latest.pk]),
                50,
                count=latest.quarantined,
                role="data_engineer",
            )
        ]
    return []


def _release_actions(project: Project) -> list[NextAction]:
    failed = Release.objects.filter(project=project).first()
    if failed is not None and failed.state == Release.State.FAILED:
        return [
            NextAction(
                f"Release {failed.version} failed",
                "Read the reason and compile a new version.",
                reverse("datasets:release_detail", args=[failed.pk]),
                15,
                role="data_engineer",
            )
        ]
    fresh = LabelSnapshot.objects.filter(project=project, releases__isnull=True).count()
    if fresh:
        return [
            NextAction(
                "Compile a release",
                "Published labels are not in any release yet.",
                reverse("datasets:release_create"),
                30,
                count=fresh,
                role="data_engineer",
            )
        ]
    return []
