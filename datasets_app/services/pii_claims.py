"""Who reviews what now: leases on records that wait for a review of identifiers.

Right on SQLite (transactions take the write lock at once) and on PostgreSQL at READ COMMITTED: the lease's own row
decides between two who saw a record free. A lease that has lapsed counts as none; nothing has to run for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from datasets_app.models import PiiLease, Record
from datasets_app.selectors_pii import pending_records

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

HELD_AT_ONCE: Final = 3
_MOST_HELD: Final = 8  # with those on their way to be confirmed
_ROUNDS: Final = 3


def pii_claim(
    *, project: Project, actor: User, want: int = HELD_AT_ONCE, leave_out: Sequence[int] = ()
) -> list[Record]:
    """The records that this person holds now, at most `want`: those held already, then new ones.

    Never one that somebody else holds, nor one of `leave_out` (put back a moment ago).
    """
    want = max(1, min(want, HELD_AT_ONCE))
    for _ in range(_ROUNDS):
        with transaction.atomic():
            now = timezone.now()
            mine = pending_records(project).filter(pii_lease__holder=actor).exclude(pk__in=leave_out)
            held = list(mine.values_list("pk", flat=True)[:want])
            PiiLease.objects.filter(record__in=held, holder=actor).update(until=_lease_end(now))
            free = free_of_others(pending_records(project), now).exclude(pk__in=leave_out).exclude(pk__in=held)
            lost = 0
            taken = PiiLease.objects.filter(record__in=pending_records(project), holder=actor, until__gte=now).count()
            if missing := min(want - len(held), _MOST_HELD - taken):
                rows = free.select_for_update(skip_locked=True, of=("self",), no_key=True)
                for pk in rows.values_list("pk", flat=True)[:missing]:
                    lost += not _take(pk, actor, now)
            found = list(mine.prefetch_related("pii_findings")[:want])
        # Others may have been quicker with every candidate, or had them locked for a moment: look again.
        if len(found) >= want or missing <= 0 or not (lost or free.exists()):
            return found
    return found


def pii_heartbeat(*, project: Project, actor: User) -> int:
    """Extend this person's leases; returns how many are still theirs."""
    return PiiLease.objects.filter(record__in=pending_records(project), holder=actor).update(
        until=_lease_end(timezone.now())
    )


def pii_release(*, record: Record, actor: User) -> None:
    """Put a record back unreviewed; somebody else gets it. Doing so twice is harmless."""
    PiiLease.objects.filter(record=record, holder=actor).delete()


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.PII_LEASE_SECONDS)


def free_of_others(records: QuerySet[Record], now: datetime) -> QuerySet[Record]:
    """Those of the records that nobody has on screen."""
    taken = PiiLease.objects.filter(until__gte=now).values("record")
    return records.exclude(pk__in=taken)


def _take(record_id: int, actor: User, now: datetime) -> bool:
    """Take a record that looked free; its lease row decides between two who saw it so."""
    until = _lease_end(now)
    lapsed = Q(until__lt=now) | Q(holder=actor)
    if PiiLease.objects.filter(lapsed, record=record_id).update(holder=actor, until=until):
        return True
    PiiLease.objects.bulk_create([PiiLease(record_id=record_id, holder=actor, until=until)], ignore_conflicts=True)
    return PiiLease.objects.filter(record=record_id, holder=actor).exists()
