"""One function for each kind of thing that something may rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse

from annotation.models import Annotation
from datasets_app.models import LabelSnapshot, Record, Release, SnapshotLabel
from review.onward.children import MOST_CHILDREN, children_of, held_by_children
from review.onward.placement import Placement, placements
from review.onward.reach import MOST, Fact, Held, Onward, page_of, reach_of, versions_reach, with_derived
from training_app.models import ModelVersion, TrainingRun

__all__ = [
    "onward_of_annotation",
    "onward_of_label",
    "onward_of_record",
    "onward_of_release",
    "onward_of_run",
    "onward_of_snapshot",
    "onward_of_version",
]

#: So many releases are opened to look a record up in them, the newest.
MOST_RELEASES: Final = 200


def onward_of_annotation(annotation: Annotation) -> Onward:
    """What rests on one annotator's label of one record: the snapshots that name it, the releases that carry it."""
    record = annotation.item.record
    labels = [label for label in _labels_of(record) if annotation.pk in _named_by(label)]
    facts = (
        Fact("Digest", annotation.sha256),
        Fact("Revision", str(annotation.revision)),
        Fact("By", annotation.annotator.pseudonym),
        Fact("Round", f"{annotation.item.round.number} ({annotation.item.round.get_state_display().lower()})"),
    )
    return _of_labels(
        "annotation",
        annotation.pk,
        f"annotation {annotation.pk}",
        facts,
        (Fact("Record", record.content_hash, page_of("record", record.pk)),),
        labels,
        record,
        carried=lambda place: annotation.pk in place.annotations,
    )


def onward_of_label(label: SnapshotLabel) -> Onward:
    """What rests on the label that one snapshot has for one record."""
    rests_on = (
        Fact("Record", label.record.content_hash, page_of("record", label.record_id)),
        Fact("Snapshot", str(label.snapshot.number), page_of("snapshot", label.snapshot_id)),
        *_annotations(label),
    )
    facts = (Fact("Digest", label.label_sha256), Fact("Decided", label.get_decided_by_display().lower()))
    name = f"label {label.pk} of snapshot {label.snapshot.number}"
    return _of_labels("label", label.pk, name, facts, rests_on, [label], label.record, carried=_of_snapshot(label))


def onward_of_record(record: Record) -> Onward:
    """What rests on one conversation: also releases that carry it without a label of ours."""
    labels = list(_labels_of(record))
    rests_on = (
        Fact("Import", str(record.import_batch_id), reverse("datasets:import_detail", args=[record.import_batch_id])),
        *(
            Fact(f"Label in snapshot {each.snapshot.number}", each.label_sha256, page_of("label", each.pk))
            for each in labels[:MOST]
        ),
    )
    facts = (
        Fact("Content hash", record.content_hash),
        Fact("Record hash", record.record_hash),
        Fact("State", record.get_state_display()),
    )
    name = f"record {record.pk}"
    return _of_labels("record", record.pk, name, facts, rests_on, labels, record, carried=lambda place: True)


def onward_of_snapshot(snapshot: LabelSnapshot) -> Onward:
    """What rests on a snapshot: every release that was compiled from it."""
    releases = snapshot.releases.filter(state=Release.State.PUBLISHED).order_by("-pk")
    rounds = [str(number) for number in snapshot.origin.get("rounds", [])]
    return Onward(
        "snapshot",
        str(snapshot.pk),
        f"label snapshot {snapshot.number}",
        (Fact("Digest", snapshot.sha256), Fact("Labels", f"{snapshot.labels_count:,}")),
        (Fact("Rounds", ", ".join(rounds)),) if rounds else (),
        **reach_of([Held(release) for release in releases]),
    )


def onward_of_release(release: Release) -> Onward:
    """What rests on a release; and the snapshots that it rests on."""
    snapshots = release.snapshots.order_by("number")
    return Onward(
        "release",
        str(release.pk),
        f"release {release.version}",
        (
            Fact("Manifest", release.manifest_sha256),
            Fact("State", release.get_state_display()),
            Fact("Records", f"{release.counts.get('total', 0):,}"),
        ),
        tuple(_snapshot_fact(each) for each in snapshots[:MOST]),
        **_without_itself(reach_of([Held(release)])),
    )


def onward_of_run(run: TrainingRun) -> Onward:
    """What rests on a training run: the version it made, and what was made out of that."""
    versions = with_derived(ModelVersion.objects.filter(run=run))
    facts = (Fact("Configuration", run.config_sha256), Fact("State", str(run.get_state_display())))
    return Onward(
        "run", str(run.pk), f"run {run.name}", facts, (_release_fact(run.release),), **versions_reach(versions, {})
    )


def onward_of_version(version: ModelVersion) -> Onward:
    """What rests on a version: what was made out of it, when it ran, and how many scores it answered."""
    made = with_derived(ModelVersion.objects.filter(pk=version.pk))
    rests_on = [Fact("Run", version.run.name, page_of("run", version.run_id)), _release_fact(version.release)]
    if version.derived_from is not None:
        teacher = version.derived_from
        rests_on.append(Fact("Made out of", f"version {teacher.version}", page_of("version", teacher.pk)))
    return Onward(
        "version",
        str(version.pk),
        f"version {version.version}",
        (Fact("Bundle", version.bundle_sha256), Fact("State", str(version.get_state_display()))),
        tuple(rests_on),
        **versions_reach(made, {}),
    )


def _without_itself(reached: dict[str, Any]) -> dict[str, Any]:
    counts = {name: count for name, count in reached["counts"].items() if name != "releases"}
    return reached | {"releases": (), "counts": counts}


def _of_labels(
    kind: str,
    pk: int,
    name: str,
    facts: tuple[Fact, ...],
    rests_on: tuple[Fact, ...],
    labels: Sequence[SnapshotLabel],
    record: Record,
    *,
    carried: Any,
) -> Onward:
    """What rests on labels of one record and of its children: each release that may hold it is opened and asked."""
    snapshots = sorted({label.snapshot for label in labels}, key=lambda each: each.number)
    candidates = _candidates(record, snapshots, with_unlabelled=kind == "record")
    total = candidates.count()
    releases = list(candidates.order_by("-pk")[:MOST_RELEASES])
    places = placements(releases, record.content_hash)
    held = [Held(release, places[release.pk].split) for release in releases if _holds(places[release.pk], carried)]
    notes = list(_notes(releases, places, held, kind))
    if total > len(releases):
        notes.append(f"Only the newest {len(releases):,} of {total:,} releases were opened.")
    if children := children_of(labels):
        rest = _published(record).exclude(pk__in=[each.release.pk for each in held])
        through, problems = held_by_children(children, rest, MOST_RELEASES)
        held += through
        notes += [*problems, _of_children(children, through)]
        snapshots = sorted({*snapshots, *(child.snapshot for child in children)}, key=lambda each: each.number)
    reached = reach_of(held)
    reached["counts"] = {"snapshots": len(snapshots)} | reached["counts"]
    return Onward(kind, str(pk), name, facts, rests_on, snapshots=tuple(snapshots), notes=tuple(notes), **reached)


def _of_children(children: Sequence[SnapshotLabel], through: Sequence[Held]) -> str:
    looked = f", of which {MOST_CHILDREN} were looked up" if len(children) > MOST_CHILDREN else ""
    named = ", ".join(each.release.version for each in through[:8]) + (" and others" if len(through) > 8 else "")
    more = f"Releases by these alone: {named}." if through else "No further release by these."
    return f"{len(children):,} {'label' if len(children) == 1 else 'labels'} of children made of it{looked}. {more}"


def _holds(place: Placement, carried: Any) -> bool:
    return bool(place.split) and carried(place)


def _notes(releases: Iterable[Release], places: dict[int, Placement], held: Iterable[Held], kind: str) -> Iterator[str]:
    inside = {each.release.pk for each in held}
    unread = [release for release in releases if places[release.pk].problem]
    for release in unread:
        yield f"Release {release.version}: {places[release.pk].problem}."
    without = [release for release in releases if release.pk not in inside and release not in unread]
    if without and kind != "record":
        named = ", ".join(release.version for release in without[:8]) + (" and others" if len(without) > 8 else "")
        yield (
            f"Compiled from these snapshots, but without it ({named}): another label of the record was taken, or the "
            "record was left out."
        )


def _candidates(record: Record, snapshots: Sequence[LabelSnapshot], *, with_unlabelled: bool) -> QuerySet[Release]:
    """Published releases that may hold a record: compiled from its labels, or, for the record itself, from all."""
    published = _published(record)
    if with_unlabelled:
        return published
    compiled = Release.snapshots.through.objects.filter(labelsnapshot__in=[each.pk for each in snapshots])
    return published.filter(pk__in=compiled.values("release"))


def _published(record: Record) -> QuerySet[Release]:
    return Release.objects.filter(project=record.project_id, state=Release.State.PUBLISHED)


def _labels_of(record: Record) -> QuerySet[SnapshotLabel]:
    return SnapshotLabel.objects.filter(record=record).select_related("snapshot").order_by("snapshot__number")


def _named_by(label: SnapshotLabel) -> set[int]:
    return {each["id"] for each in label.annotations if isinstance(each, dict) and type(each.get("id")) is int}


def _of_snapshot(label: SnapshotLabel) -> Any:
    return lambda place: place.snapshot_sha256 == label.snapshot.sha256


def _annotations(label: SnapshotLabel) -> Iterator[Fact]:
    keys = _named_by(label)
    for row in Annotation.objects.filter(pk__in=keys).select_related("annotator").order_by("pk")[:MOST]:
        yield Fact(f"Annotation by {row.annotator.pseudonym}", row.sha256, page_of("annotation", row.pk))


def _snapshot_fact(snapshot: LabelSnapshot) -> Fact:
    return Fact(f"Snapshot {snapshot.number}", snapshot.sha256, page_of("snapshot", snapshot.pk))


def _release_fact(release: Release) -> Fact:
    return Fact(f"Release {release.version}", release.manifest_sha256, page_of("release", release.pk))
