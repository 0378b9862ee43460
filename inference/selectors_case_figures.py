"""Counters of the crisis protocol by month, quarter or year, for reports. Small numbers are suppressed in exports."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import ceil
from typing import TYPE_CHECKING

from django.utils import timezone

from datasets_app.corpus.taxonomy import SIX_TYPES
from inference.models import Case, CaseOutcome, MissedCase

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project

__all__ = ["PERIODS", "SMALL", "CaseFigures", "Share", "Times", "case_figures", "figure_rows"]

PERIODS = ("month", "quarter", "year")
#: Counts below this could point at a person: an export gives "<5" instead.
SMALL = 5
_LEVELS = ("emergency", "urgent", "severe", "unread")


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    n: int
    of: int

    @property
    def value(self) -> float | None:
        """0 to 1; None where there is nothing to divide by."""
        return self.n / self.of if self.of else None


@dataclass(frozen=True)
class Times:
    """Seconds from the alarm to an act: the middle, and what nine of ten stayed within (nearest rank)."""

    median: float | None
    p90: float | None
    in_time: Share


@dataclass
class CaseFigures:
    """One period. `missed` are those that people reported; `open` are neither verified nor overridden yet."""

    period: str
    cases: int = 0
    by_level: Counter[str] = field(default_factory=Counter)
    by_type: Counter[str] = field(default_factory=Counter)
    true_alarms: int = 0
    false_alarms: int = 0
    open: int = 0
    escalated: int = 0
    missed: int = 0
    acknowledge: Times = Times(None, None, Share(0, 0))
    verify: Times = Times(None, None, Share(0, 0))


def case_figures(project: Project, *, per: str = "month") -> list[CaseFigures]:
    """The periods in which something happened, newest first. `per` is one of PERIODS; a case counts where it opened."""
    figures: dict[str, CaseFigures] = {}
    taken: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    decided: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for case in Case.objects.filter(project=project).order_by("opened_at").iterator():
        name = period_of(timezone.localtime(case.opened_at).date(), per)
        one = figures.setdefault(name, CaseFigures(name))
        one.cases += 1
        one.by_level[case.level if case.kind == "alarm" else "unread"] += 1
        one.by_type[case.crisis_type] += 1
        one.true_alarms += case.outcome == CaseOutcome.TRUE_ALARM
        one.false_alarms += case.outcome == CaseOutcome.FALSE_ALARM
        one.open += not case.outcome
        one.escalated += case.tier > 0
        _note(taken[name], case.opened_at, case.acknowledged_at, case.acknowledged_in_time)
        _note(decided[name], case.opened_at, case.first_decided_at, case.decided_in_time)
    for missed in MissedCase.objects.filter(project=project).only("happened_on"):
        name = period_of(missed.happened_on, per)
        figures.setdefault(name, CaseFigures(name)).missed += 1
    for name, one in figures.items():
        one.acknowledge, one.verify = _times(taken[name]), _times(decided[name])
    return [figures[name] for name in sorted(figures, reverse=True)]


def period_of(day: date, per: str) -> str:
    """ "2026-11", "2026-Q4" or "2026"."""
    if per == "year":
        return f"{day.year}"
    return f"{day.year}-Q{(day.month + 2) // 3}" if per == "quarter" else f"{day.year}-{day.month:02}"


def figure_rows(figures: Iterable[CaseFigures]) -> list[list[object]]:
    """A table for a report: a head, then a line per period. Counts from 1 to 4 are "<5", and so are shares of few.

    Times of fewer than five cases are left out: they would be somebody's.
    """
    head: list[object] = ["period", "cases", *(f"level_{name}" for name in _LEVELS)]
    head += [*(f"type_{name}" for name in SIX_TYPES), "true_alarms", "false_alarms", "open", "escalated", "missed"]
    for act in ("acknowledge", "verify"):
        head += [f"{act}_median_seconds", f"{act}_p90_seconds", f"{act}_in_time_share"]
    rows = [head]
    for one in figures:
        row: list[object] = [one.period, shown(one.cases), *(shown(one.by_level[name]) for name in _LEVELS)]
        row += [shown(one.by_type[name]) for name in SIX_TYPES]
        row += [shown(n) for n in (one.true_alarms, one.false_alarms, one.open, one.escalated, one.missed)]
        row += [*_shown_times(one.acknowledge), *_shown_times(one.verify)]
        rows.append(row)
    return rows


def shown(count: int) -> int | str:
    """A count as an export may give it."""
    return f"<{SMALL}" if 0 < count < SMALL else count


def _shown_times(times: Times) -> list[object]:
    if times.in_time.of < SMALL:
        return [None, None, None]
    share = times.in_time
    few = 0 < share.n < SMALL or 0 < share.of - share.n < SMALL
    return [round(times.median or 0), round(times.p90 or 0), None if few else round(share.value or 0, 3)]


def _note(times: list[tuple[float, bool]], opened: datetime, at: datetime | None, in_time: bool | None) -> None:
    if at is not None:
        times.append((max(0.0, (at - opened).total_seconds()), bool(in_time)))


def _times(noted: Sequence[tuple[float, bool]]) -> Times:
    seconds = sorted(one for one, _ in noted)
    if not seconds:
        return Times(None, None, Share(0, 0))
    middle = len(seconds) // 2
    median = seconds[middle] if len(seconds) % 2 else (seconds[middle - 1] + seconds[middle]) / 2
    p90 = seconds[ceil(0.9 * len(seconds)) - 1]
    return Times(median, p90, Share(sum(in_time for _, in_time in noted), len(noted)))
