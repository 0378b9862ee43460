"""The load of a team, for those who lead it: how much, never what. Nobody's labels, speed or agreement are here."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from annotation.exposure import Level, level_of
from annotation.models import Break, HardMoment, TypeOptOut, WorkSession
from annotation.selectors_care import week_start
from annotation.selectors_policy import policy_of
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.accounts.selectors import members_with
from pixelhub.ui.actions import NextAction

FEWEST_FOR_OPT_OUTS = 3  # among fewer people a count would tell who it is


def may_see_load(user: User, project: Project) -> bool:
    """Those who manage rounds, and the clinical lead; being allowed to read agreement is not enough."""
    return can(user, project, Capability.ROUND_MANAGE) or can(user, project, Capability.GUIDELINE_APPROVE)


@dataclass(frozen=True)
class Load:
    """One person's week: minutes of severity 4 and 5 per day against the day's limit, and breaks."""

    person: User
    level: Level
    today: int
    heaviest: int
    breaks_due: int
    breaks_own: int


def team_load(project: Project, now: datetime) -> list[Load]:
    """Everybody who labels in this project, by name. Only what was read in this project is in it."""
    policy = policy_of(project)
    since = week_start(now)
    days: dict[int, Counter[date]] = defaultdict(Counter)
    sessions = WorkSession.objects.filter(project=project, started_at__gte=since)
    for person, started_at, seconds in sessions.values_list("annotator", "started_at", "severe_seconds"):
        days[person][timezone.localdate(started_at)] += seconds
    taken = Break.objects.filter(project=project, started_at__gte=since).order_by().values("annotator", "kind")
    breaks = {(row["annotator"], row["kind"]): row["n"] for row in taken.annotate(n=Count("pk"))}
    kinds = Break.Kind
    people = members_with(project, Capability.ANNOTATE).filter(is_simulated=False)
    return [
        Load(
            person=person,
            level=level_of(heaviest, 60 * policy.severe_minutes_per_day, policy.soft_share),
            today=days[person.pk][timezone.localdate(now)] // 60,
            heaviest=heaviest // 60,
            breaks_due=breaks.get((person.pk, kinds.DUE), 0),
            breaks_own=breaks.get((person.pk, kinds.CHOSEN), 0) + breaks.get((person.pk, kinds.OFFERED), 0),
        )
        for person in sorted(people, key=lambda person: str(person).casefold())
        for heaviest in [max(days[person.pk].values(), default=0)]
    ]


def hard_weeks(project: Project, now: datetime, weeks: int = 4) -> list[dict[str, Any]]:
    """How often “this was hard” was said in each of the last weeks, this one first; of the whole team."""
    this_week = week_start(now).date()
    first = this_week - timedelta(weeks=weeks - 1)
    counted: Counter[date] = Counter()
    for moment in HardMoment.objects.filter(project=project).values_list("created_at", flat=True):
        day = timezone.localdate(moment)
        counted[day - timedelta(days=day.weekday())] += 1
    return [{"monday": monday, "count": counted[monday]} for monday in _mondays(this_week, first)]


def _mondays(last: date, first: date) -> list[date]:
    return [last - timedelta(weeks=back) for back in range((last - first).days // 7 + 1)]


def wishes(project: Project) -> list[HardMoment]:
    """People who asked for somebody to talk to, and whom nobody has marked as seen; the longest waiting first."""
    found = HardMoment.objects.filter(project=project, wants_contact=True, seen_at__isnull=True)
    return list(found.select_related("annotator").order_by("created_at", "pk"))


def unseen_hard(project: Project) -> list[int]:
    """Ids of “this was hard” without a name that no lead has seen yet."""
    found = HardMoment.objects.filter(project=project, wants_contact=False, seen_at__isnull=True)
    return list(found.order_by("pk").values_list("pk", flat=True))


def opt_out_counts(project: Project) -> dict[str, Any] | None:
    """How many people take no samples of each type; None where so few people label that it would tell who."""
    people = members_with(project, Capability.ANNOTATE).filter(is_simulated=False)
    total = people.count()
    if total < FEWEST_FOR_OPT_OUTS:
        return None
    rows = TypeOptOut.objects.filter(project=project, annotator__in=people).order_by().values("crisis_type")
    counts = {row["crisis_type"]: row["n"] for row in rows.annotate(n=Count("pk"))}
    return {"people": total, "types": [(code, counts[code]) for code in CRISIS_TYPE_LABELS if code in counts]}


def care_actions(user: User, project: Project) -> list[NextAction]:
    """What a lead owes the people who read."""
    if not may_see_load(user, project):
        return []
    url, found = reverse("annotation:load"), []
    if asked := len(wishes(project)):
        detail = "Somebody who labels asked for a person to talk to."
        found.append(NextAction("Talk to somebody", detail, url, 2, asked, Role.CLINICAL_LEAD))
    if unseen := len(unseen_hard(project)):
        detail = "“This was hard”, said while labelling. Look at the team's load."
        found.append(NextAction("Hard moments", detail, url, 22, unseen, Role.CLINICAL_LEAD))
    return found
