"""What a label rests on that is no annotation: its parent's label, a reviewer's answer, a rule or a generator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from datasets_app.models import SnapshotLabel, Variation

__all__ = ["Derived", "derived_problems", "parent_key"]

_PARENT, _ANSWER = "record-", "variation-"


class Derived(NamedTuple):
    """A reference of a label that names no annotation, with the content hash of the record that the label is of."""

    reference: dict[str, Any]
    content_hash: str


def derived_problems(found: Sequence[Derived]) -> tuple[list[str], list[SnapshotLabel]]:
    """What is wrong with these references, and the parents' labels among them, which rest on something in turn.

    A rule or a generator has no row: the reference's hash, which the snapshot's digest covers, is all there is of it.
    """
    parents = _labels(_keys(found, _PARENT))
    answers = Variation.objects.in_bulk(_keys(found, _ANSWER))
    problems: list[str] = []
    followed: list[SnapshotLabel] = []
    for reference, content_hash in found:
        name, digest = str(reference["id"]), reference["sha256"]
        if (key := parent_key(name)) is not None:
            label = parents.get((key, digest))
            if label is None:
                problems.append(f"the label of {name}, which a child's label rests on, is missing or was altered")
            else:
                followed.append(label)
        elif (key := _key(name, _ANSWER)) is not None:
            answer = answers.get(key)
            if answer is None or answer.answer_sha256(content_hash) != digest:
                problems.append(f"the answer to {name}, which a child's label rests on, is missing or was altered")
    return problems, followed


def parent_key(name: str) -> int | None:
    """The key of the record whose label a reference of this name stands for; None where it is of another kind."""
    return _key(name, _PARENT)


def _labels(records: Iterable[int]) -> dict[tuple[int, str], SnapshotLabel]:
    rows = SnapshotLabel.objects.filter(record__in=list(records)).select_related("record")
    return {(row.record_id, row.label_sha256): row for row in rows}


def _keys(found: Sequence[Derived], prefix: str) -> set[int]:
    return {key for reference, _ in found if (key := _key(str(reference["id"]), prefix)) is not None}


def _key(name: str, prefix: str) -> int | None:
    rest = name.removeprefix(prefix)
    return int(rest) if rest != name and rest.isascii() and rest.isdecimal() and len(rest) < 19 else None
