"""The last link: the annotations that labels were made from, each hash recomputed from its row."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from django.urls import reverse

from annotation.labels import LabelInput, label_sha256
from annotation.models import Annotation
from datasets_app.models import LabelSnapshot, Release, SnapshotLabel
from inference.models import ScoreLog
from review.chain.data import MOST_SHOWN, training_hashes
from review.chain.derived import Derived, derived_problems
from review.chain.link import Link, checked

__all__ = ["annotation_sha256", "annotations_link"]

#: So many training records of the score's own type are followed down to their annotations on the page.
SAMPLE = 5
_FETCH = 500
_LABEL_FIELDS = tuple(field.name for field in fields(LabelInput))


def annotations_link(release: Release, snapshots: Sequence[LabelSnapshot], score: ScoreLog) -> Link:
    """All annotations of the release's labels, recomputed; a sample is listed. Ids, hashes and pseudonyms only.

    A child's label rests on its parent's: that is followed to the parent's annotations, in whatever snapshot it lies.
    """
    labels = SnapshotLabel.objects.filter(snapshot__in=snapshots)
    found = _Found()
    rows = labels.values_list("annotations", "record__content_hash").iterator(chunk_size=1000)
    parents = found.read(rows)
    # Each parent once, however many children it has; those of these snapshots were read already.
    own, seen = {snapshot.pk for snapshot in snapshots}, set[int]()
    while fresh := {each.pk: each for each in parents if each.pk not in seen and each.snapshot_id not in own}:
        seen |= fresh.keys()
        parents = found.read((label.annotations, label.record.content_hash) for label in fresh.values())
    facts = [
        ("Annotations", f"{found.annotations:,} hashes recomputed from their rows"),
        ("Annotators", f"{len(found.people)}: {', '.join(sorted(found.people)[:12])}"),
    ]
    if found.derived:
        rests_on = "a parent's label, an answer in review, a rule or a generator"
        facts.append(("Not by annotation", f"{found.derived:,} references to {rests_on}"))
    facts += _sample_facts(labels, release, score)
    problems = found.problems
    if not found.annotations and not found.derived:
        problems.append("no annotation stands behind these labels")
    return checked("annotations", "Annotations", problems[:MOST_SHOWN], facts, url=reverse("annotation:rounds"))


def annotation_sha256(annotation: Annotation) -> str:
    """A label's hash from its row as it is now; see `annotation.labels.label_sha256`."""
    values = {name: getattr(annotation, name) for name in _LABEL_FIELDS}
    values |= {"secondary_types": tuple(annotation.secondary_types), "spans": tuple(annotation.spans)}
    round = annotation.item.round
    context = {
        "round": round.pk,
        "record": annotation.item.record.content_hash,
        "annotator": annotation.annotator.pseudonym,
        "guideline_version": annotation.guideline.version,
        "revision": annotation.revision,
    }
    return label_sha256(label=LabelInput(**values).fields(), context=context, prev_sha256=annotation.prev_sha256)


def _problem(reference: dict[str, Any], annotation: Annotation | None) -> str:
    if annotation is None:
        return f"annotation {reference['id']} is missing"
    if annotation.sha256 != reference["sha256"]:
        return f"annotation {reference['id']} is not the one that the label was made from"
    if annotation_sha256(annotation) != annotation.sha256:
        return f"annotation {reference['id']} was altered after it was given"
    return ""


class _Found:
    """What was read of references: how many of which kind, by whom, and what is wrong."""

    def __init__(self) -> None:
        self.annotations = self.derived = 0
        self.people: set[str] = set()
        self.problems: list[str] = []

    def read(self, labels: Iterable[tuple[list[dict[str, Any]], str]]) -> list[SnapshotLabel]:
        """Check the references of labels (with their records' content hashes), in blocks; return parents' labels."""
        parents: list[SnapshotLabel] = []
        block: list[Derived] = []
        for references, content_hash in labels:
            block.extend(Derived(reference, content_hash) for reference in references)
            if len(block) >= _FETCH:
                parents += self._block(block)
                block = []
        return parents + self._block(block)

    def _block(self, block: list[Derived]) -> list[SnapshotLabel]:
        clicks = [each.reference for each in block if type(each.reference["id"]) is int]
        others = [each for each in block if type(each.reference["id"]) is not int]
        related = ("item__record", "item__round", "annotator", "guideline")
        rows = Annotation.objects.select_related(*related).in_bulk([reference["id"] for reference in clicks])
        for reference in clicks:
            self.annotations += 1
            self.people.add(reference["annotator"])
            if problem := _problem(reference, rows.get(reference["id"])):
                self.problems.append(problem)
        self.derived += len(others)
        problems, parents = derived_problems(others)
        self.problems += problems
        return parents


def _named(reference: dict[str, Any]) -> str:
    return f"annotation {reference['id']}" if type(reference["id"]) is int else str(reference["id"])


def _sample_facts(labels: Any, release: Release, score: ScoreLog) -> list[tuple[str, str]]:
    """A few records of the train split with the score's own type, each down to its annotations."""
    trained = training_hashes(release)
    candidates = sorted(
        (content_hash, pk)
        for content_hash, pk in labels.filter(crisis_type=score.crisis_type).values_list("record__content_hash", "pk")
        if content_hash in trained
    )
    drawn = random.Random(str(score.pk)).sample(candidates, min(SAMPLE, len(candidates)))  # noqa: S311  (repeatable)
    facts = [(f"Training records labelled {score.crisis_type}", f"{len(candidates):,}, of which some:")]
    for content_hash, pk in drawn:
        label = SnapshotLabel.objects.get(pk=pk)
        clicks = "; ".join(
            f"{_named(reference)} by {reference['annotator']} {reference['sha256'][:16]}"
            for reference in label.annotations
        )
        facts.append((content_hash[:23], f"{label.decided_by.replace('_', ' ')}: {clicks}"))
    return facts
