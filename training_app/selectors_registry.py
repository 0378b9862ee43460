"""Reads of the registry: the ledger of states, what was in production when, and the errors of a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from datasets_app.corpus.taxonomy import NONE_TYPE
from datasets_app.models import Record
from pixelhub.accounts.models import Project
from training_app.models import CardSection, FileEvaluation, ModelVersion, VersionState, VersionTransition
from training_app.stored import predictions_of

__all__ = [
    "ErrorFilter",
    "Errors",
    "ModelError",
    "errors_of",
    "file_evaluations_of",
    "production_at",
    "section_history",
    "transitions_of",
    "with_records",
]

MISSED: Final = "missed"
OVER: Final = "over"


@dataclass(frozen=True)
class ModelError:
    """A conversation of the test split on which the decision was wrong; `record` is set for those who may read it."""

    kind: str
    content_hash: str
    record_id: str
    crisis_type: str
    decided: str
    severity: int | None
    score: float
    slices: Mapping[str, str] = field(default_factory=dict)
    record: Record | None = None


@dataclass(frozen=True)
class ErrorFilter:
    """Which errors to show; the defaults show all. `slice_of` is a kind of slice and its value."""

    kind: str = ""
    crisis_type: str = ""
    severity: int | None = None
    slice_of: tuple[str, str] | None = None
    lowest: float = 0.0
    highest: float = 1.0

    def shows(self, error: ModelError) -> bool:
        """Whether an error passes."""
        return (
            (not self.kind or error.kind == self.kind)
            and (not self.crisis_type or self.crisis_type in (error.crisis_type, error.decided))
            and (self.severity is None or error.severity == self.severity)
            and (self.slice_of is None or error.slices.get(self.slice_of[0]) == self.slice_of[1])
            and self.lowest <= error.score <= self.highest
        )


@dataclass(frozen=True)
class Errors:
    """All errors of a version, the gravest first, and what one can filter them by."""

    rows: list[ModelError]

    @property
    def missed(self) -> int:
        return sum(error.kind == MISSED for error in self.rows)

    @property
    def over(self) -> int:
        return len(self.rows) - self.missed

    @property
    def slices(self) -> list[tuple[str, str]]:
        return sorted({(name, value) for error in self.rows for name, value in error.slices.items()})


def transitions_of(project: Project) -> QuerySet[VersionTransition]:
    """Every change of state of the project's versions, the newest first."""
    rows = VersionTransition.objects.filter(model_version__project=project)
    return rows.select_related("model_version", "by").order_by("-pk")


def production_at(project: Project, at: datetime) -> VersionTransition | None:
    """The change that put into production what was in production at that moment; None when nothing was.

    A change takes effect at its moment: what was promoted at `at` exactly was in production then.
    """
    entered_or_left = Q(after=VersionState.PRODUCTION) | Q(before=VersionState.PRODUCTION)
    last = transitions_of(project).filter(entered_or_left, at__lte=at).order_by("-at", "-pk").first()
    return last if last is not None and last.after == VersionState.PRODUCTION else None


def errors_of(version: ModelVersion) -> Errors:
    """The wrong decisions on the test split: crises that were missed, and conversations that were over-escalated."""
    found = [error for row in predictions_of(version) if (error := _error(row)) is not None]
    # Misses before alarms; of the misses the gravest and surest first, of the alarms the loudest.
    found.sort(key=lambda error: (error.kind != MISSED, -(error.severity or 0), _order(error), error.content_hash))
    return Errors(found)


def with_records(project: Project, errors: Sequence[ModelError]) -> list[ModelError]:
    """The same errors with their records, for a reader who may read raw text."""
    hashes = [error.content_hash for error in errors]
    records = {row.content_hash: row for row in Record.objects.filter(project=project, content_hash__in=hashes)}
    return [replace(error, record=records.get(error.content_hash)) for error in errors]


def file_evaluations_of(version: ModelVersion) -> QuerySet[FileEvaluation]:
    """Every evaluation of a version on a file, by name, the newest of a name first."""
    return FileEvaluation.objects.filter(model_version=version).select_related("by")


def section_history(version: ModelVersion, name: str) -> QuerySet[CardSection]:
    """Every revision of a card's section, the newest first."""
    return CardSection.objects.filter(model_version=version, name=name).select_related("author")


def _error(row: Mapping[str, Any]) -> ModelError | None:
    crisis, flagged = row["true_type"] != NONE_TYPE, row["predicted_type"] != NONE_TYPE
    if crisis == flagged:
        return None
    return ModelError(
        kind=MISSED if crisis else OVER,
        content_hash=row["content_hash"],
        record_id=str(row.get("record_id", "")),
        crisis_type=row["true_type"],
        decided=row["predicted_type"],
        severity=row["true_severity"] if crisis else None,
        score=float(row["score"]),
        slices=row.get("slices") or {},
    )


def _order(error: ModelError) -> float:
    return error.score if error.kind == MISSED else -error.score
