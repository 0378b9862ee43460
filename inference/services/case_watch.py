"""The watch over deadlines: what is overdue goes to the next tier. Safe twice at once, and after any pause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from inference.models import Case, CaseEvent, CaseWatch, EscalationTier
from inference.models.cases import WAITING_STATES
from inference.selectors_policy import policy_of
from inference.services.case_alarms import level_name
from inference.services.case_record import case_happened

_BATCH = 200
#: How often the watch says that it looked: a write every few seconds would be for nothing.
_SAY_SO = timedelta(seconds=20)


@dataclass(frozen=True)
class WatchReport:
    """How many cases went to a higher tier."""

    escalated: int


def cases_watch(*, now: datetime | None = None) -> WatchReport:
    """Escalate every case whose time has passed. The clock is the row's: nothing is remembered between two looks."""
    now = now or timezone.now()
    _say_so(now)
    due = Case.objects.filter(escalate_at__lte=now, state__in=WAITING_STATES).order_by("escalate_at", "pk")
    return WatchReport(sum(_escalate(pk, now) for pk in due.values_list("pk", flat=True)[:_BATCH]))


@transaction.atomic
def _escalate(pk: int, now: datetime) -> bool:
    """False where somebody else did, or the case is not overdue any more."""
    case = Case.objects.select_for_update(no_key=True).get(pk=pk)
    if case.escalate_at is None or case.escalate_at > now or not case.is_waiting:
        return False
    former, passed = case.tier, case.escalate_at
    case.tier, case.escalate_at = tier_at(case, now)
    late = int((now - passed).total_seconds())
    case_happened(
        case=case, kind=CaseEvent.Kind.ESCALATED, actor=None, at=now, former=former, tier=case.tier, late_seconds=late
    )
    return True


def tier_at(case: Case, now: datetime) -> tuple[int, datetime | None]:
    """Who is asked at this moment, and when the next tier would be: each tier had its time, even if nobody looked."""
    tier, at = int(case.tier), case.escalate_at
    step = policy_of(case.project_id).step(level_name(case.kind, case.level))
    while at is not None and at <= now:
        tier += 1
        at = None if tier >= EscalationTier.ADMINISTRATORS else at + step
    return min(tier, int(EscalationTier.ADMINISTRATORS)), at


def _say_so(now: datetime) -> None:
    if not CaseWatch.objects.filter(pk=1, looked_at__gt=now - _SAY_SO).exists():
        CaseWatch.objects.update_or_create(pk=1, defaults={"looked_at": now})
