"""How far a round is: per batch and person, how fast, and when it will be done. No ranking, no speed leaderboard.

Two queries read it all; the figures are computed once per change of the round and kept for a while.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median

from django.db.models import Sum
from django.utils import timezone

from annotation.models import Annotation, Round, RoundItem
from annotation.pace import Finish, finish_in
from annotation.votes import answer_of
from datasets_app.corpus.intervals import wilson
from pixelhub.accounts.models import Project, User

__all__ = ["Board", "Line", "Preview", "board_of", "own_line", "pace_of", "round_preview"]

ENOUGH = 20  # labels or pairs below which a share or a median says nothing
PACE_SAMPLE = 2000
RECENT_DAYS = 14
WORK, GOLD = RoundItem.Purpose.WORK, RoundItem.Purpose.GOLD


@dataclass
class Line:
    """Figures of a batch, a person or the whole round. None: not enough data."""

    name: str
    asked: int = 0
    labels: int = 0
    today: int = 0
    last_hour: int = 0
    due_on: date | None = None
    seconds: list[int] = field(default_factory=list, repr=False)
    agreeing: int = 0
    pairs: int = 0
    gold_met: int = 0
    gold: int = 0

    @property
    def remaining(self) -> int:
        return max(0, self.asked - self.labels)

    @property
    def median_seconds(self) -> float | None:
        return float(median(self.seconds)) if len(self.seconds) >= ENOUGH else None

    @property
    def agreement(self) -> float | None:
        """Share of pairs of labels of one sample that name one type."""
        return self.agreeing / self.pairs if self.pairs >= ENOUGH else None

    @property
    def gold_share(self) -> float | None:
        """Share of hidden expert labels met."""
        return self.gold_met / self.gold if self.gold >= ENOUGH else None

    @property
    def gold_interval(self) -> tuple[float, float]:
        return wilson(self.gold_met, self.gold)


@dataclass(frozen=True)
class Board:
    """Everything on a round's progress page. `daily` holds labels of real work per day, from the first one to today."""

    total: Line
    batches: list[Line]
    people: list[Line]
    daily: list[tuple[date, int]]
    finish: Finish | None
    disputed: int


@dataclass(frozen=True)
class Preview:
    """What a round would ask of its people. `hours` is per person, None where past labels don't tell."""

    samples: int
    labels: int
    per_person: int
    hours: float | None
    seconds: float | None


def board_of(round: Round) -> Board:
    """Figures of the round, its batches by number and its people by pseudonym."""
    now = timezone.now()
    total, batches = Line("All"), _batch_lines(round)
    people = {
        seat.annotator_id: Line(seat.annotator.pseudonym)
        for seat in round.round_annotators.select_related("annotator").order_by("annotator__pseudonym")
    }
    daily: Counter[date] = Counter()
    types: dict[int, list[tuple[Line | None, str]]] = defaultdict(list)
    wanted: dict[int, int] = {}
    for row in _labels(round):
        person = people.get(row.annotator_id)
        batch = batches.get(row.item.batch_id)
        lines = [line for line in (total, person, batch) if line is not None]
        if row.item.purpose == GOLD and row.item.gold is not None:
            met = answer_of(row, row.item.gold).met
            for line in lines:
                line.gold += 1
                line.gold_met += met
        if row.item.purpose != WORK:
            continue
        daily[timezone.localdate(row.submitted_at)] += 1
        for line in lines:
            _add(line, row.submitted_at, row.seconds_spent, now)
        types[row.item_id].append((person, row.crisis_type))
        wanted[row.item_id] = row.item.labels_wanted
        _pair(types[row.item_id], total, batch)
    total.asked = sum(line.asked for line in batches.values())
    share = math.ceil(total.asked / len(people)) if people else 0
    for line in people.values():
        line.asked = share
    days = _days(daily, timezone.localdate(now))
    recent = [count for _, count in days[:-1][-RECENT_DAYS:]]  # today isn't over
    finish = finish_in(recent, total.remaining, seed=round.seed) if round.state == Round.State.OPEN else None
    disputed = sum(
        1 for item, given in types.items() if len(given) >= wanted[item] and len({kind for _, kind in given}) > 1
    )
    return Board(total, list(batches.values()), list(people.values()), days, finish, disputed)


def own_line(round: Round, person: User) -> Line:
    """One's own figures, for oneself: labels and pace, nothing that depends on others' labels."""
    now, line = timezone.now(), Line(person.pseudonym)
    for at, seconds in Annotation.objects.filter(item__round=round, item__purpose=WORK, annotator=person).values_list(
        "submitted_at", "seconds_spent"
    ):
        _add(line, at, seconds, now)
    return line


def pace_of(project: Project) -> float | None:
    """Median seconds per label of the project's latest labels by people; None with fewer than twenty."""
    past = Annotation.objects.filter(
        item__round__project=project, item__round__simulated=False, seconds_spent__gt=0
    ).order_by("-pk")
    seconds = list(past.values_list("seconds_spent", flat=True)[:PACE_SAMPLE])
    return float(median(seconds)) if len(seconds) >= ENOUGH else None


def round_preview(project: Project, *, samples: int, overlap: int, overlap_share: float, people: int) -> Preview:
    """What a round of that many samples would ask of each person."""
    several = math.floor(overlap_share * samples + 0.5)
    labels = several * overlap + (samples - several)
    each = math.ceil(labels / max(1, people))
    seconds = pace_of(project)
    return Preview(samples, labels, each, None if seconds is None else each * seconds / 3600, seconds)


def _labels(round: Round) -> Iterable[Annotation]:
    rows = Annotation.objects.filter(item__round=round, item__purpose__in=(WORK, GOLD)).select_related("item__gold")
    fields = ("annotator_id", "crisis_type", "severity", "secondary_types", "seconds_spent", "submitted_at")
    item = ("item__batch_id", "item__purpose", "item__labels_wanted", "item__gold")
    return rows.order_by("pk").only(*fields, *item)


def _batch_lines(round: Round) -> dict[int | None, Line]:
    asked = round.items.filter(purpose=WORK).order_by("batch__number").values("batch", "batch__number", "batch__due_on")
    return {
        row["batch"]: Line(
            f"Batch {row['batch__number']}" if row["batch"] else "No batch", row["labels"], due_on=row["batch__due_on"]
        )
        for row in asked.annotate(labels=Sum("labels_wanted"))
    }


def _add(line: Line, at: datetime, seconds: int, now: datetime) -> None:
    line.labels += 1
    line.today += timezone.localdate(at) == timezone.localdate(now)
    line.last_hour += at > now - timedelta(hours=1)
    if seconds:
        line.seconds.append(seconds)


def _pair(given: Sequence[tuple[Line | None, str]], total: Line, batch: Line | None) -> None:
    """Compare the newest label of a sample with those before it."""
    person, kind = given[-1]
    for other, before in given[:-1]:
        for line in (total, batch, person, other):
            if line is not None:
                line.pairs += 1
                line.agreeing += kind == before


def _days(daily: Counter[date], today: date) -> list[tuple[date, int]]:
    if not daily:
        return []
    first = min(daily)
    return [(first + timedelta(days=n), daily[first + timedelta(days=n)]) for n in range((today - first).days + 1)]
