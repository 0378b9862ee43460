"""What somebody has read, and what that means for their work now. Each person reads their own figures only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from annotation.exposure import SEVERE, Level, is_pause, level_of
from annotation.models import AnnotationPolicy, Break, TypeOptOut, WorkSession
from annotation.selectors_policy import policy_of
from datasets_app.corpus.taxonomy import NONE_TYPE
from pixelhub.accounts.models import Project, User


def day_start(now: datetime) -> datetime:
    """Midnight before `now` in Django's TIME_ZONE: a person's day is the hub's day, wherever they sit."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def week_start(now: datetime) -> datetime:
    """Midnight before the Monday of this week, in Django's TIME_ZONE."""
    today = timezone.localtime(now).date()
    monday = today - timedelta(days=today.weekday())
    return timezone.make_aware(datetime(monday.year, monday.month, monday.day), timezone.get_current_timezone())


@dataclass(frozen=True)
class Standing:
    """A person's work in a project now, against its limits.

    `session` is None after a pause; `rest` is a break that nobody has closed yet.
    """

    policy: AnnotationPolicy
    now: datetime
    session: WorkSession | None
    rest: Break | None
    severe_seconds_today: int

    @property
    def minutes(self) -> float:
        """Minutes of work since the last pause."""
        return (self.now - self.session.started_at).total_seconds() / 60 if self.session else 0.0

    @property
    def severe_items(self) -> int:
        """Conversations of severity 4 and 5 since the last pause."""
        return self.session.severe_items if self.session else 0

    @property
    def resting(self) -> bool:
        """A break that was due and is not over."""
        return self.rest is not None and self.rest.kind == Break.Kind.DUE and self.rest.until > self.now

    @property
    def due(self) -> str:
        """Which limit makes a break due now: `minutes`, `severe`, or nothing."""
        return self._reached(Level.OVER)

    @property
    def offer(self) -> str:
        """Which limit is near enough to offer a break: `minutes`, `severe`, or nothing."""
        return self._reached(Level.NEAR)

    @property
    def day_is_full(self) -> bool:
        """The day's share of severe content is read."""
        return self.severe_seconds_today >= 60 * self.policy.severe_minutes_per_day

    def _reached(self, wanted: Level) -> str:
        soft = self.policy.soft_share
        figures = (
            ("severe", self.severe_items, self.policy.break_after_severe),
            ("minutes", self.minutes, self.policy.break_after_minutes),
        )
        return next((name for name, value, limit in figures if level_of(value, limit, soft) == wanted), "")

    def meter(self) -> dict[str, Any]:
        """What the instrument shows to this person, and to nobody else."""
        return {
            "stretch": self.session.pk if self.session else None,
            "minutes": int(self.minutes),
            "break_after_minutes": self.policy.break_after_minutes,
            "severe": self.severe_items,
            "break_after_severe": self.policy.break_after_severe,
            "severe_minutes_today": self.severe_seconds_today // 60,
            "severe_minutes_per_day": self.policy.severe_minutes_per_day,
            "break_minutes": self.policy.break_minutes,
            "offer": self.offer,
        }


def standing_of(annotator: User, project: Project, now: datetime) -> Standing:
    """Three queries: the policy, today's sessions, open breaks.

    Severe minutes of the day and breaks that are due count over all of the person's projects: they have one head.
    """
    policy = policy_of(project)
    midnight = day_start(now)
    sessions = WorkSession.objects.filter(annotator=annotator)
    recent = list(sessions.filter(Q(started_at__gte=midnight) | Q(project=project, ended_at__isnull=True)))
    open_one = next((s for s in recent if s.project_id == project.pk and s.ended_at is None), None)
    if open_one is not None and is_pause(open_one.last_seen_at, now, reading=0, pause=pause_of(policy)):
        open_one = None
    breaks = list(Break.objects.filter(annotator=annotator, ended_at__isnull=True))
    due = [rest for rest in breaks if rest.kind == Break.Kind.DUE]
    here = next((rest for rest in breaks if rest.project_id == project.pk), None)
    if open_one is not None and here in due and open_one.started_at < here.until <= now:
        open_one = None  # the break is over, and the stretch before it with it
    return Standing(
        policy=policy,
        now=now,
        session=open_one,
        rest=next((rest for rest in due if rest.until > now), here),
        severe_seconds_today=sum(s.severe_seconds for s in recent if s.started_at >= midnight),
    )


def pause_of(policy: AnnotationPolicy) -> timedelta:
    """So long away is a break, whether or not anybody asked for it."""
    return timedelta(minutes=policy.break_minutes)


def opted_out(annotator: User, project: Project) -> QuerySet[TypeOptOut, str]:
    """The crisis types that this person does not want to read for now."""
    mine = TypeOptOut.objects.filter(annotator=annotator, project=project)
    return mine.values_list("crisis_type", flat=True)


def spared(annotator: User, project: Project, *, day_is_full: bool, has_wishes: bool = True) -> Q:
    """A condition on slots: what this person is not given. Their opt-outs; after a full day, all but calm samples.

    Only the hints of before labelling are known. After a full day a sample without a hint is not given either. Who
    knows that the person opted out of nothing says so (`has_wishes`): then the condition may be an empty one.
    """
    kept_away = Q(item__hint_type__in=opted_out(annotator, project)) if has_wishes else Q()
    if day_is_full:
        kept_away |= ~(Q(item__hint_severity__lt=SEVERE) | Q(item__hint_type=NONE_TYPE))
    return kept_away


@dataclass(frozen=True)
class Exposure:
    """What somebody read over a day or a week. `severe_minutes` is the part of `minutes` at severity 4 and 5."""

    start: date
    items: int = 0
    severe_items: int = 0
    minutes: int = 0
    severe_minutes: int = 0
    points: float = 0.0


FIGURES = ("items", "severe_items", "seconds", "severe_seconds", "points")


def exposure_by_day(annotator: User, project: Project, now: datetime) -> list[Exposure]:
    """This week, Monday to Sunday, in this project. A stretch of work over midnight counts to the day it began."""
    monday = week_start(now).date()
    rows = _rows(annotator, project, since=week_start(now))
    return [_sum(day, [row for day_of, row in rows if day_of == day]) for day in _days(monday, 7)]


def exposure_by_week(annotator: User, project: Project, now: datetime, weeks: int = 4) -> list[Exposure]:
    """The last weeks, this one first."""
    mondays = [week_start(now).date() - timedelta(weeks=back) for back in range(weeks)]
    rows = _rows(annotator, project, since=week_start(now) - timedelta(weeks=weeks - 1, days=1))
    return [
        _sum(monday, [row for day, row in rows if monday <= day < monday + timedelta(weeks=1)]) for monday in mondays
    ]


def _days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=more) for more in range(count)]


def _rows(annotator: User, project: Project, since: datetime) -> list[tuple[date, dict[str, Any]]]:
    found = WorkSession.objects.filter(annotator=annotator, project=project, started_at__gte=since)
    return [(timezone.localdate(row["started_at"]), row) for row in found.values("started_at", *FIGURES)]


def _sum(start: date, rows: list[dict[str, Any]]) -> Exposure:
    total = {name: sum(row[name] for row in rows) for name in FIGURES}
    return Exposure(
        start=start,
        items=total["items"],
        severe_items=total["severe_items"],
        minutes=round(total["seconds"] / 60),
        severe_minutes=round(total["severe_seconds"] / 60),
        points=total["points"],
    )
