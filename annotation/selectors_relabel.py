"""Which labels a new guideline version asks to be made again, and which of them wait for a decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from annotation.guideline_diff import TypeChanges, type_changes
from annotation.models import Annotation, Guideline, RelabelProposal, Round, RoundItem

# Practice and qualification labels teach and test; they are no data.
LABELLED_FOR_DATA = (Round.Kind.WORK, Round.Kind.RELABEL, Round.Kind.RETRAINING)


@dataclass(frozen=True)
class Affected:
    """A label and the code of the changed section that concerns it."""

    annotation_id: int
    section: str


def affected_labels(guideline: Guideline) -> Iterator[Affected]:
    """The labels under older versions that `guideline.relabel_types` concern and that are not proposed yet.

    A label is compared with the version it was made under: where this version reads again as that one did for the
    label's type, nothing is asked.
    """
    wanted = set(guideline.relabel_types)
    if not wanted:
        return
    changes = _changes_by_version(guideline)
    labels = (
        Annotation.objects.filter(
            guideline__in=changes,
            item__purpose=RoundItem.Purpose.WORK,
            item__round__kind__in=LABELLED_FOR_DATA,
        )
        .exclude(relabel_proposals__guideline=guideline)
        .order_by("pk")
    )
    rows = labels.values_list("pk", "crisis_type", "secondary_types", "guideline_id")
    for pk, primary, secondary, version in rows.iterator():
        section = _section_for([primary, *secondary], changes[version], wanted)
        if section is not None:
            yield Affected(pk, section)


def proposals_of(
    guideline: Guideline, *, crisis_type: str = "", version: int | None = None, state: str = ""
) -> QuerySet[RelabelProposal]:
    """The proposals of one version by the label's type, the version it was made under, and state; "" means all."""
    found = guideline.relabel_proposals.select_related(
        "annotation__guideline", "annotation__item__round", "annotation__annotator", "round", "decided_by"
    )
    if crisis_type:
        found = found.filter(annotation__crisis_type=crisis_type)
    if version is not None:
        found = found.filter(annotation__guideline__version=version)
    if state:
        found = found.filter(state=state)
    return found.order_by("annotation__item__round__number", "annotation__item__position", "pk")


def proposal_counts(guideline: Guideline) -> list[dict[str, Any]]:
    """Per type and version of the labels: how many of each state."""
    rows = (
        guideline.relabel_proposals.order_by()
        .values("annotation__crisis_type", "annotation__guideline__version", "state")
        .annotate(n=Count("pk"))
    )
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        key = (row["annotation__crisis_type"], row["annotation__guideline__version"])
        entry = found.setdefault(key, {"crisis_type": key[0], "version": key[1], **dict.fromkeys(_STATES, 0)})
        entry[row["state"]] += row["n"]
    return [found[key] for key in sorted(found)]


_STATES = tuple(RelabelProposal.State.values)


def _changes_by_version(guideline: Guideline) -> dict[int, TypeChanges]:
    older = Guideline.objects.filter(project=guideline.project_id, version__lt=guideline.version)
    return {found.pk: type_changes(found.markdown, guideline.markdown) for found in older}


def _section_for(types: list[str], changes: TypeChanges, wanted: set[str]) -> str | None:
    """The first of the label's types that changed says which section; its own section before a shared one."""
    for kind in types:
        if kind in wanted and kind in changes.own:
            return changes.own[kind]
    if changes.shared and any(kind in wanted for kind in types):
        return changes.shared[0].code
    return None
