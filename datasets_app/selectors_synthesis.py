"""Reads about made-up conversations, always within one project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from pixelhub.ui.actions import NextAction

from .corpus import taxonomy
from .corpus.intervals import wilson
from .models import SynthesisBatch, SynthesisRow

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project

_S = SynthesisRow.State
DECIDED: Final = (_S.KEPT, _S.CORRECTED, _S.REJECTED)
FILTERS: Final = ("batch", "type", "difficulty", "backend", "state")
# What rejections are counted by: the name people read, and the column.
GROUPS: Final[Mapping[str, str]] = {
    "Type": "crisis_type",
    "Difficulty": "difficulty",
    "Circumstances": "family",
    "Category of edge case": "category",
    "Who wrote": "batch__backend",
}


@dataclass(frozen=True)
class Share:
    """How much of what was read in one group was rejected, with its 95% interval."""

    name: str
    read: int
    rejected: int
    corrected: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Progress:
    """Rows by what became of them."""

    waiting: int = 0
    not_drawn: int = 0
    kept: int = 0
    corrected: int = 0
    rejected: int = 0
    broken: int = 0

    @property
    def read(self) -> int:
        """Rows that a person decided on."""
        return self.kept + self.corrected + self.rejected

    @property
    def to_read(self) -> int:
        """Rows that people read, or have read."""
        return self.read + self.waiting

    @property
    def takeable(self) -> int:
        """Rows that go on into records."""
        return self.kept + self.corrected + self.not_drawn

    @property
    def share(self) -> tuple[float, float, float]:
        """The share of rejections with its 95% interval."""
        low, high = wilson(self.rejected, self.read)
        return (self.rejected / self.read if self.read else 0.0), low, high


def batches_in(project: Project) -> QuerySet[SynthesisBatch]:
    """The project's generations, newest first."""
    return SynthesisBatch.objects.filter(project=project).select_related("job", "created_by", "import_batch")


def rows_in(project: Project) -> QuerySet[SynthesisRow]:
    """The rows of all of the project's generations."""
    return SynthesisRow.objects.filter(batch__project=project)


def filtered(rows: QuerySet[SynthesisRow], wanted: Mapping[str, str]) -> QuerySet[SynthesisRow]:
    """Those that fit the filters; a value that there is not is left out."""
    batch = wanted.get("batch", "")
    if batch.isascii() and batch.isdecimal() and len(batch) <= 18:
        rows = rows.filter(batch_id=int(batch))
    if wanted.get("type") in taxonomy.CRISIS_TYPES:
        rows = rows.filter(crisis_type=wanted["type"])
    if wanted.get("difficulty") in taxonomy.DIFFICULTIES:
        rows = rows.filter(difficulty=wanted["difficulty"])
    if wanted.get("backend") in SynthesisBatch.Backend.values:
        rows = rows.filter(batch__backend=wanted["backend"])
    if wanted.get("state") in _S.values:
        rows = rows.filter(state=wanted["state"])
    return rows


def progress_of(rows: QuerySet[SynthesisRow]) -> Progress:
    """Count rows by what became of them."""
    found = rows.order_by().values_list("state").annotate(count=Count("pk"))
    return Progress(**{str(state): count for state, count in found})


def shares_by(rows: QuerySet[SynthesisRow]) -> dict[str, list[Share]]:
    """The share of rejections in each group of what people have read, most rejected first; lone groups are left out."""
    tables = {}
    for name, column in GROUPS.items():
        found = (
            rows.filter(state__in=DECIDED)
            .exclude(**{column: ""})
            .order_by()
            .values_list(column)
            .annotate(
                read=Count("pk"),
                rejected=Count("pk", filter=Q(state=_S.REJECTED)),
                corrected=Count("pk", filter=Q(state=_S.CORRECTED)),
            )
        )
        shares = []
        for value, read, rejected, corrected in found:
            low, high = wilson(rejected, read)
            shares.append(Share(_words(column, value), read, rejected, corrected, rejected / read, low, high))
        if len(shares) > 1:
            tables[name] = sorted(shares, key=lambda share: (-share.share, -share.read, share.name))
    return tables


def reasons_of(rows: QuerySet[SynthesisRow], state: str) -> list[dict[str, Any]]:
    """Why rows were rejected, or were no conversation, most frequent first."""
    words = dict(SynthesisRow.Reason.choices)
    found = rows.filter(state=state).order_by().values_list("reason").annotate(count=Count("pk"))
    return [
        {"reason": words.get(reason, reason.replace("_", " ")), "count": count}
        for reason, count in sorted(found, key=lambda row: (-row[1], row[0]))
    ]


def synthesis_actions(project: Project) -> list[NextAction]:
    """What waits for readers of made-up conversations."""
    waiting = rows_in(project).filter(state=_S.WAITING, batch__import_batch=None).count()
    if not waiting:
        return []
    return [
        NextAction(
            "Read made-up conversations",
            "They become records only once somebody has kept them.",
            reverse("datasets:synthesis_queue"),
            46,
            count=waiting,
            role="qa",
        )
    ]


def _words(column: str, value: str) -> str:
    if column == "crisis_type":
        return taxonomy.CRISIS_TYPE_LABELS[value]
    if column == "batch__backend":
        return str(SynthesisBatch.Backend(value).label)
    return value.replace("_", " and " if column == "family" else " ").capitalize()
