"""Who may work on a row: every write to a running job is one conditional UPDATE guarded by its fence.

Times are the writer's clock: clocks that disagree make a lease lapse early or late, but the fence still lets
only one worker commit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from pixelhub.jobs.models import Job, JobState
from pixelhub.jobs.topics import touch_state

# The raised fence shuts out whoever held it before, should that process still be alive.
_BACK_IN_QUEUE = {
    "state": JobState.QUEUED,
    "fence": F("fence") + 1,
    "deliveries": 0,
    "delivered_at": None,
    "not_before": None,
}


def lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.JOBS_LEASE_SECONDS)


def claim(job_id: int, *, worker: str, ignore_wait: bool = False) -> Job | None:
    """Take a queued job, or one whose lease has lapsed; None when somebody else has it or nothing is to do.

    Raises the fence and counts the attempt in the same UPDATE, so a job that kills its worker comes to an end.
    """
    now = timezone.now()
    ready = Q(state=JobState.QUEUED)
    if not ignore_wait:
        ready &= Q(not_before__isnull=True) | Q(not_before__lte=now)
    with transaction.atomic():
        taken = Job.objects.filter(
            ready | Q(state=JobState.RUNNING, lease_until__lt=now),
            pk=job_id,
            cancel_requested=False,
            attempts__lt=F("max_attempts"),
        ).update(
            state=JobState.RUNNING, fence=F("fence") + 1, attempts=F("attempts") + 1, lease_until=lease_end(),
            worker=worker, started_at=now, not_before=None, rate=None, updated_at=now,
        )  # fmt: skip
        if not taken:
            return None
        job = Job.objects.get(pk=job_id)
        touch_state(project_id=job.project_id, job_id=job.pk)
    return job


def held(job_id: int, fence: int) -> QuerySet[Job]:
    """The row, if it is still ours: the filter in front of every write of a worker."""
    return Job.objects.filter(pk=job_id, fence=fence, state=JobState.RUNNING)


def extend(job_id: int, fence: int) -> bool | None:
    """Heartbeat of a watcher. None when the row is not ours any more, else whether a stop was asked for.

    Never waits for the row: our own child may hold it in a long step (whose end renews the lease), or be frozen.
    """
    with transaction.atomic():
        if _lock_if_free(held(job_id, fence)):
            held(job_id, fence).update(lease_until=lease_end())
    return held(job_id, fence).values_list("cancel_requested", flat=True).first()


def _lock_if_free(row: QuerySet[Job]) -> bool:
    """Lock the row unless another transaction has it (SQLite locks the whole database at BEGIN instead)."""
    return row.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True).first() is not None


def finish(job: Job, fence: int, changes: dict[str, Any]) -> bool:
    """Move our running job to another state, with its result or reason. False when it was not ours any more."""
    now = timezone.now()
    with transaction.atomic():
        changed = held(job.pk, fence).update(lease_until=None, rate=None, updated_at=now, **changes)
        if changed:
            touch_state(project_id=job.project_id, job_id=job.pk)
    return bool(changed)


def succeed(job: Job, fence: int, result: dict[str, Any] | None) -> bool:
    ended = {"state": JobState.SUCCEEDED, "result": result, "error": "", "note": "", "finished_at": timezone.now()}
    return finish(job, fence, ended)


def fail(job: Job, fence: int, reason: str) -> bool:
    return finish(job, fence, {"state": JobState.FAILED, "error": reason, "finished_at": timezone.now()})


def cancel(job: Job, fence: int) -> bool:
    return finish(job, fence, {"state": JobState.CANCELLED, "finished_at": timezone.now()})


def requeue(job: Job, fence: int, reason: str) -> bool:
    """Give our job back after a crash: to be tried again after a wait, or failed when its attempts are used up."""
    if job.attempts >= job.max_attempts:
        return fail(job, fence, _exhausted(job, reason))
    wait = timedelta(seconds=settings.JOBS_RETRY_SECONDS * 2 ** (job.attempts - 1))
    return finish(job, fence, {**_BACK_IN_QUEUE, "error": reason, "not_before": timezone.now() + wait})


def release(job: Job, fence: int) -> bool:
    """Give our job back because the worker is stopping: no fault of the job, so the attempt is not counted."""
    return finish(job, fence, {**_BACK_IN_QUEUE, "attempts": F("attempts") - 1})


def lapse(job: Job) -> bool:
    """Take a lapsed job from its silent worker: cancelled, queued again, or failed when its attempts are used up.

    Leaves a row alone that is locked: a worker frozen inside a step must not freeze the sweep with it.
    """
    now = timezone.now()
    fields: dict[str, Any]
    if job.cancel_requested:
        fields = {"state": JobState.CANCELLED, "finished_at": now}
    elif job.attempts >= job.max_attempts:
        reason = "Its worker stopped without a word; the job may be more than the machine can bear."
        fields = {"state": JobState.FAILED, "finished_at": now, "error": _exhausted(job, reason)}
    else:
        fields = dict(_BACK_IN_QUEUE)
    with transaction.atomic():
        lapsed = held(job.pk, job.fence).filter(lease_until__lt=now)
        return _lock_if_free(lapsed) and finish(job, job.fence, fields)


def _exhausted(job: Job, reason: str) -> str:
    return reason if job.max_attempts == 1 else f"{reason} Tried {job.attempts} times."
