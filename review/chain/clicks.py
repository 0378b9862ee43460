"""The last link: the annotations that labels were made from, each hash recomputed from its row."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from django.urls import reverse

from annotation.labels import LabelInput, label_sha256
from annotation.models import Annotation
from datasets_app.models import LabelSnapshot, Release, SnapshotLabel
from inference.models import ScoreLog
from review.chain.data import MOST_SHOWN, training_hashes
from review.chain.link import Link, checked

__all__ = ["annotation_sha256", "annotations_link"]

#: So many training records of the score's own type are followed down to their annotations on the page.
SAMPLE = 5
_FETCH = 500
_LABEL_FIELDS = tuple(field.name for field in fields(LabelInput))


def annotations_link(release: Release, snapshots: Sequence[LabelSnapshot], score: ScoreLog) -> Link:
    """All annotations of the release's labels, recomputed; a sample is listed. Ids, hashes and pseudonyms only."""
    problems: list[str] = []
    checked_count, people = 0, set()
    labels = SnapshotLabel.objects.filter(snapshot__in=snapshots)
    for reference, annotation in _annotations(labels.values_list("annotations", flat=True).iterator(chunk_size=1000)):
        checked_count += 1
        people.add(reference["annotator"])
        problem = _problem(reference, annotation)
        if problem:
            problems.append(problem)
    facts = [
        ("Annotations", f"{checked_count:,} hashes recomputed from their rows"),
        ("Annotators", f"{len(people)}: {', '.join(sorted(people)[:12])}"),
        *_sample_facts(labels, release, score),
    ]
    if not checked_count:
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


def _annotations(
    references: Iterator[list[dict[str, Any]]],
) -> Iterator[tuple[dict[str, Any], Annotation | None]]:
    """Each reference of a label with its row, fetched in blocks."""
    block: list[dict[str, Any]] = []
    for of_label in references:
        block.extend(of_label)
        if len(block) >= _FETCH:
            yield from _fetched(block)
            block = []
    yield from _fetched(block)


def _fetched(block: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Annotation | None]]:
    related = ("item__record", "item__round", "annotator", "guideline")
    rows = Annotation.objects.select_related(*related).in_bulk([reference["id"] for reference in block])
    for reference in block:
        yield reference, rows.get(reference["id"])


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
            f"annotation {reference['id']} by {reference['annotator']} {reference['sha256'][:16]}"
            for reference in label.annotations
        )
        facts.append((content_hash[:23], f"{label.decided_by.replace('_', ' ')}: {clicks}"))
    return facts
