"""Every wrong decision of a version on its test split, the gravest first, with who has read it and what they said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from datasets_app.corpus.taxonomy import NONE_TYPE, harm_rank
from datasets_app.models import Record
from pixelhub.accounts.models import User
from review.clinical.reasons import reason_label
from review.models import ErrorAnswer, ErrorKind, ErrorOpening
from review.predictions import read_predictions
from training_app.models import ModelVersion

__all__ = ["Reading", "WrongDecision", "read_by", "with_readings", "wrong_decisions"]

_LEAST_HARM: Final = harm_rank(NONE_TYPE)


@dataclass(frozen=True)
class Reading:
    """One reader's view of an error: opened, and answered or not yet."""

    reader: User
    answer: ErrorAnswer | None

    @property
    def shown(self) -> str:
        """The reason in words; empty before there is an answer."""
        return reason_label(self.answer.opening.error, self.answer.reason) if self.answer else ""


@dataclass(frozen=True)
class WrongDecision:
    """A test conversation on which the version decided wrongly; no words of it."""

    content_hash: str
    error: str
    crisis_type: str
    severity: int | None
    predicted_type: str
    score: float
    record: Record | None = None
    readings: tuple[Reading, ...] = ()

    @property
    def key(self) -> str:
        """The hash as addresses carry it: 64 hexadecimal digits."""
        return self.content_hash.removeprefix("sha256:")

    @property
    def is_answered(self) -> bool:
        return any(reading.answer for reading in self.readings)

    @property
    def blocks(self) -> bool:
        """Whether somebody says that the version should not go to production with this."""
        return any(reading.answer and reading.answer.blocks for reading in self.readings)


def wrong_decisions(version: ModelVersion) -> list[WrongDecision]:
    """Misses before over-escalations; of the misses the gravest first, of the others the loudest.

    Raises Refused where no test predictions are stored, or they are not this version's.
    """
    found = [error for key, row in read_predictions(version).rows.items() if (error := _wrong(key, row)) is not None]
    return sorted(found, key=_gravest_first)


def with_readings(version: ModelVersion, errors: Sequence[WrongDecision]) -> list[WrongDecision]:
    """The same errors with their records and everybody's readings."""
    hashes = [error.content_hash for error in errors]
    rows = Record.objects.filter(project=version.project_id, content_hash__in=hashes)
    records = {row.content_hash: row for row in rows.select_related("project")}
    readings = _readings(version)
    return [
        replace(error, record=records.get(error.content_hash), readings=tuple(readings.get(error.content_hash, ())))
        for error in errors
    ]


def read_by(version: ModelVersion, reader: User) -> frozenset[str]:
    """Content hashes of the errors that this person has opened."""
    openings = ErrorOpening.objects.filter(model_version=version, reader=reader)
    return frozenset(openings.values_list("content_hash", flat=True))


def _readings(version: ModelVersion) -> dict[str, list[Reading]]:
    newest = {
        answer.opening_id: answer
        for answer in ErrorAnswer.objects.filter(opening__model_version=version)
        .select_related("opening")
        .order_by("pk")
    }
    found: dict[str, list[Reading]] = defaultdict(list)
    for opening in ErrorOpening.objects.filter(model_version=version).select_related("reader").order_by("pk"):
        found[opening.content_hash].append(Reading(opening.reader, newest.get(opening.pk)))
    return found


def _wrong(key: str, row: Mapping[str, Any]) -> WrongDecision | None:
    crisis = row["true_type"] != NONE_TYPE
    if crisis == row["crisis"]:
        return None
    return WrongDecision(
        content_hash=key,
        error=ErrorKind.MISS if crisis else ErrorKind.OVER_ESCALATION,
        crisis_type=row["true_type"],
        severity=row["true_severity"] if crisis else None,
        predicted_type=row["predicted_type"],
        score=row["score"],
    )


def _gravest_first(error: WrongDecision) -> tuple[Any, ...]:
    if error.error == ErrorKind.MISS:
        return (0, -(error.severity or 0), harm_rank(error.crisis_type), error.score, error.content_hash)
    return (1, -error.score, _LEAST_HARM, 0.0, error.content_hash)
