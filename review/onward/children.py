"""Labels that rest on another label: those of augmented children, theirs in turn, and the releases that carry them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from datasets_app.models import LabelSnapshot, Release, SnapshotLabel
from review.onward.placement import placements
from review.onward.reach import Held

__all__ = ["MOST_CHILDREN", "children_of", "held_by_children"]

#: So many children are looked up in releases, the first made; how many there are is always said.
MOST_CHILDREN: Final = 20
_GENERATIONS: Final = 10
_AT_ONCE: Final = 100  # digests in one question: each is a term of its own
_DERIVED: Final = (
    SnapshotLabel.DecidedBy.PARENT,
    SnapshotLabel.DecidedBy.REVIEWER,
    SnapshotLabel.DecidedBy.RULE,
    SnapshotLabel.DecidedBy.GENERATOR,
)


def children_of(labels: Iterable[SnapshotLabel]) -> list[SnapshotLabel]:
    """Labels of children, grandchildren and so on, that name one of these by its digest. In the order of their keys."""
    given = list(labels)
    found: dict[int, SnapshotLabel] = {}
    newest = given
    for _ in range(_GENERATIONS):
        fresh = {each.pk: each for each in _named_after(newest) if each.pk not in found}
        if not fresh:
            break
        found |= fresh
        newest = list(fresh.values())
    return [found[key] for key in sorted(found)]


def held_by_children(
    children: Sequence[SnapshotLabel], releases: QuerySet[Release], most_releases: int
) -> tuple[list[Held], list[str]]:
    """The releases among these that carry one of the labels, each once; and what could not be read."""
    held: dict[int, Held] = {}
    problems: dict[int, str] = {}
    for child in children[:MOST_CHILDREN]:
        compiled = Release.snapshots.through.objects.filter(labelsnapshot=child.snapshot_id).values("release")
        opened = list(releases.filter(pk__in=compiled).exclude(pk__in=held).order_by("-pk")[:most_releases])
        for key, place in placements(opened, child.record.content_hash).items():
            release = next(each for each in opened if each.pk == key)
            if place.problem:
                problems[key] = f"Release {release.version}: {place.problem}."
            elif place.split and place.snapshot_sha256 == child.snapshot.sha256:
                held[key] = Held(release, place.split)
    return list(held.values()), [problem for key, problem in problems.items() if key not in held]


def _named_after(labels: Sequence[SnapshotLabel]) -> list[SnapshotLabel]:
    """Labels whose references hold the digest of one of these.

    References are JSON, which SQLite has no containment for: read as text, a digest is found wherever it stands; which
    reference it stands in is looked at afterwards. Only labels that no annotation made are read.
    """
    wanted = {(f"record-{label.record_id}", label.label_sha256) for label in labels}
    projects = LabelSnapshot.objects.filter(pk__in={label.snapshot_id for label in labels}).values("project")
    derived = (
        SnapshotLabel.objects.filter(decided_by__in=_DERIVED, snapshot__project__in=projects)
        .annotate(references=Cast("annotations", TextField()))
        .select_related("snapshot", "record")
    )
    digests = sorted(digest for _, digest in wanted)
    found: list[SnapshotLabel] = []
    for begin in range(0, len(digests), _AT_ONCE):
        named = Q()
        for digest in digests[begin : begin + _AT_ONCE]:
            named |= Q(references__contains=digest)
        found += [
            label
            for label in derived.filter(named)
            if wanted & {(each.get("id"), each.get("sha256")) for each in label.annotations if isinstance(each, dict)}
        ]
    return found
