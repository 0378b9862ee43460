"""Reads of cases: the board, one case, what is overdue."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Case as When_
from django.db.models import Count, F, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from inference.models import Case, CaseEvent, CaseNote, CaseState, CaseWatch, EscalationTier, HandOver
from inference.models.cases import WAITING_STATES
from pixelhub.accounts.access import capabilities
from pixelhub.accounts.roles import Capability

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

__all__ = [
    "BOARD_FILTERS",
    "board_cases",
    "board_counts",
    "case_clients",
    "case_events",
    "case_notes",
    "case_scores",
    "follow_ups_overdue",
    "is_watched",
    "waiting_for",
]

_BOARD = 200
#: The board's filters -> condition; `mine` is asked with the reader.
BOARD_FILTERS: dict[str, Q] = {
    "open": ~Q(state=CaseState.CLOSED),
    "alarms": Q(kind="alarm") & ~Q(state=CaseState.CLOSED),
    "unread": Q(kind="unread") & ~Q(state=CaseState.CLOSED),
    "mine": ~Q(state=CaseState.CLOSED),
    "closed": Q(state=CaseState.CLOSED),
}


def board_cases(project: Project, user: User, *, show: str = "open") -> list[Case]:
    """The gravest that wait first, by the time that is left; then what is decided. An unknown filter shows the open."""
    cases = Case.objects.filter(BOARD_FILTERS.get(show, BOARD_FILTERS["open"]), project=project)
    if show == "mine":
        cases = cases.filter(holder_id=user.pk)
    if show == "closed":
        return list(cases.select_related("holder", "closed_by").order_by("-closed_at")[:_BOARD])
    waits = When_(When(state__in=WAITING_STATES, then=Value(0)), default=Value(1), output_field=IntegerField())
    due = When_(When(state=CaseState.OPEN, then=F("acknowledge_due")), default=F("verify_due"))
    ordered = cases.annotate(decided=waits, next_due=due).order_by("decided", "rank", "next_due", "pk")
    return list(ordered.select_related("holder")[:_BOARD])


def board_counts(project: Project, user: User) -> dict[str, int]:
    """How many cases each filter would show."""
    counts: dict[str, int] = Case.objects.filter(project=project).aggregate(
        **{
            name: Count("pk", filter=condition & Q(holder_id=user.pk) if name == "mine" else condition)
            for name, condition in BOARD_FILTERS.items()
        }
    )
    return counts


def case_events(case: Case) -> QuerySet[CaseEvent]:
    """What happened, newest first."""
    return CaseEvent.objects.filter(case=case).select_related("actor", "score").order_by("-seq")


def case_scores(case: Case, *, last: int = 60) -> list[CaseEvent]:
    """The newest scores of the case in their order; each event with its score row."""
    events = CaseEvent.objects.filter(case=case, kind__in=[CaseEvent.Kind.OPENED, CaseEvent.Kind.SCORE])
    return list(events.select_related("score__api_key", "score__scored_by").order_by("-seq")[:last])[::-1]


def case_clients(scores: list[CaseEvent]) -> list[tuple[str, int]]:
    """Who asked for the scores of a case, with how many: more than one client may be a reference used twice."""
    names: Counter[str] = Counter()
    for event in scores:
        score = event.score
        if score is not None:
            names[score.api_key.name if score.api_key else f"Console ({score.scored_by})"] += 1
    return names.most_common()


def case_notes(case: Case, user: User) -> list[CaseNote] | None:
    """Clinical notes, for responders; None for everybody else."""
    if Capability.CASE_RESPOND not in capabilities(user, case.project):
        return None
    return list(CaseNote.objects.filter(case=case).select_related("author"))


def follow_ups_overdue(project: Project, *, now: datetime | None = None) -> QuerySet[HandOver]:
    """Promises to look again whose time has passed."""
    overdue = Q(follow_up_due__lt=now or timezone.now(), follow_up_done_at__isnull=True)
    return (
        HandOver.objects.filter(overdue, case__project=project)
        .select_related("case", "handed_by")
        .order_by("follow_up_due")
    )


def waiting_for(project: Project, user: User) -> QuerySet[Case]:
    """Cases that somebody must act on now and that are this person's to see to, by their role's tier."""
    granted = capabilities(user, project)
    cases = Case.objects.filter(project=project, state__in=WAITING_STATES)
    if Capability.CASE_RESPOND in granted:
        return cases.filter(Q(state=CaseState.OPEN) | Q(holder_id=user.pk) | Q(tier__gte=EscalationTier.CLINICAL_LEAD))
    if Capability.CASE_VIEW in granted:
        return cases.filter(tier=EscalationTier.ADMINISTRATORS)
    return cases.none()


def is_watched(*, now: datetime | None = None) -> bool:
    """Whether somebody looks at the deadlines: else nothing escalates."""
    watch = CaseWatch.objects.first()
    return watch is not None and not watch.is_late(now or timezone.now())
