"""Mend what deliveries have left behind: lapsed leases, queued jobs that nobody was told of, old leftovers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ

from pixelhub.jobs import lease
from pixelhub.jobs.context import remove_workdir, workdirs
from pixelhub.jobs.delivery import send
from pixelhub.jobs.models import FINAL_STATES, Canary, Job, JobState

_BATCH = 200
_LONGEST_REDELIVERY_SECONDS = 600.0
_CANARY_KEPT = timedelta(hours=1)


@dataclass(frozen=True)
class SweepReport:
    """How many rows a sweep has changed."""

    lapsed: int = 0
    delivered: int = 0


def sweep() -> SweepReport:
    """Give lapsed jobs back (or end them), deliver what is due. Safe to run anywhere, any number of times at once."""
    now = timezone.now()
    lapsed = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=now).order_by("lease_until")[:_BATCH]
    ended = sum(lease.lapse(job) for job in lapsed)
    Job.objects.filter(state=JobState.QUEUED, cancel_requested=True).update(
        state=JobState.CANCELLED, finished_at=now, updated_at=now
    )
    return SweepReport(lapsed=ended, delivered=sum(send(job.pk) for job in _due(now)))


def _due(now: datetime) -> list[Job]:
    """Queued jobs never delivered, or delivered so long ago that the delivery must be lost.

    The wait doubles with each delivery: a job may simply stand in a long queue, and a second
    delivery of it does no harm but takes a place.
    """
    first_wait = timedelta(seconds=settings.JOBS_REDELIVER_SECONDS)
    waiting = (
        Job.objects.filter(state=JobState.QUEUED)
        .filter(Q(not_before__isnull=True) | Q(not_before__lte=now))
        .filter(Q(delivered_at__isnull=True) | Q(delivered_at__lt=now - first_wait))
        .order_by("delivered_at", "pk")
    )
    return [job for job in waiting[:_BATCH] if _delivery_is_lost(job, now)]


def _delivery_is_lost(job: Job, now: datetime) -> bool:
    if job.delivered_at is None:
        return True
    wait = settings.JOBS_REDELIVER_SECONDS * 2 ** min(job.deliveries - 1, 20)
    return bool(job.delivered_at < now - timedelta(seconds=min(wait, _LONGEST_REDELIVERY_SECONDS)))


def forget_deliveries(queue: str) -> None:
    """A cluster of this queue has just started: what the last one had prefetched is lost, so deliver afresh."""
    Job.objects.filter(queue=queue, state=JobState.QUEUED).update(delivered_at=None, deliveries=0)


def clear_leftovers() -> None:
    """Drop old canaries, folders kept long enough, and deliveries that a killed cluster held for an ended job."""
    Canary.objects.filter(sent_at__lt=timezone.now() - _CANARY_KEPT).delete()
    remove_old_work()
    if Conf.ORM is None:
        return
    for row in OrmQ.objects.filter(lock__gt=timezone.now()).order_by("pk")[:_BATCH]:
        if _is_leftover(row):
            row.delete()


def remove_old_work() -> int:
    """Remove this machine's folders of jobs that ended JOBS_WORK_KEEP_DAYS ago; returns how many."""
    folders = [path for path in workdirs().glob("*") if path.name.isdecimal()]
    ended = timezone.now() - timedelta(days=settings.JOBS_WORK_KEEP_DAYS)
    old = Job.objects.filter(pk__in=[int(path.name) for path in folders], state__in=FINAL_STATES)
    removed = list(old.filter(finished_at__lt=ended)[:_BATCH])
    for job in removed:
        remove_workdir(job)
    return len(removed)


def _is_leftover(row: OrmQ) -> bool:
    task = row.task
    if not isinstance(task, dict) or not task.get("args"):
        return False
    if task["func"].endswith(".answer_canary"):
        return not Canary.objects.filter(pk=task["args"][0], finished_at__isnull=True).exists()
    return not Job.objects.filter(pk=task["args"][0]).exclude(state__in=FINAL_STATES).exists()
