"""Annotation against the program's 4,500 samples: how many are left, and by when people's pace brings them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Max
from django.utils import timezone

from annotation.charts_progress import burndown_svg
from annotation.models import Round, RoundItem
from annotation.pace import LEAST_DAYS, Finish, finish_in
from annotation.selectors_progress import RECENT_DAYS, Board, Line
from pixelhub.accounts.models import Project
from review.evidence.program import annotation_target

__all__ = ["Burndown", "burndown_of", "burndown_picture"]


@dataclass(frozen=True, slots=True)
class Burndown:
    """Samples that have all labels asked of them. `daily` runs from the first to `today`; `finish` counts from then.

    The pace is people's: rounds of simulated annotators fill the count (`simulated` of them) and say nothing of it.
    """

    target: int
    done: int
    simulated: int
    daily: list[tuple[date, int]]
    finish: Finish | None
    today: date

    @property
    def remaining(self) -> int:
        return max(0, self.target - self.done)

    @property
    def finish_day(self) -> date | None:
        return self.today + timedelta(days=self.finish.middle) if self.finish else None

    @property
    def earliest(self) -> date | None:
        return self.today + timedelta(days=self.finish.low) if self.finish else None

    @property
    def latest(self) -> date | None:
        """None where no end is foreseeable."""
        if self.finish is None or self.finish.high is None:
            return None
        return self.today + timedelta(days=self.finish.high)

    @property
    def days_needed(self) -> int:
        return LEAST_DAYS


def burndown_of(project: Project, *, today: date) -> Burndown:
    """The burn-down as the labels stand."""
    items = RoundItem.objects.filter(round__project=project, purpose=RoundItem.Purpose.WORK)
    complete = (
        items.exclude(round__kind__in=Round.LEARNING)
        .annotate(given=Count("annotations"), last=Max("annotations__submitted_at"))
        .filter(given__gte=F("labels_wanted"), given__gt=0)
        .order_by("last")
        .values_list("record", "last", "round__simulated")
    )
    first: dict[int, tuple[datetime, bool]] = {}
    for record, last, simulated in complete:
        first.setdefault(record, (last, simulated))
    target = annotation_target()
    by_people = Counter(timezone.localdate(last) for last, simulated in first.values() if not simulated)
    recent = [count for _, count in _days(by_people, today)[:-1][-RECENT_DAYS:]]  # today isn't over
    return Burndown(
        target=target,
        done=len(first),
        simulated=sum(simulated for _, simulated in first.values()),
        daily=_days(Counter(timezone.localdate(last) for last, _ in first.values()), today),
        finish=finish_in(recent, max(0, target - len(first)), seed=project.pk),
        today=today,
    )


def burndown_picture(burndown: Burndown) -> str:
    """The picture as SVG, drawn as a round's own is."""
    total = Line("All", asked=burndown.target, labels=burndown.done)
    board = Board(total, [], [], burndown.daily, burndown.finish, 0)
    return burndown_svg(board, unit="samples")


def _days(counts: Counter[date], today: date) -> list[tuple[date, int]]:
    if not counts:
        return []
    first = min(counts)
    return [(day, counts[day]) for day in _between(first, today)]


def _between(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
