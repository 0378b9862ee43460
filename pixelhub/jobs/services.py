"""Every act of a person or an app on a job: enqueue, cancel, retry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from pixelhub.audit.services import record
from pixelhub.jobs.delivery import deliver_on_commit
from pixelhub.jobs.models import FINAL_STATES, Job, JobState
from pixelhub.jobs.params import ParamsInvalid, validate_params
from pixelhub.jobs.registry import handler_for
from pixelhub.jobs.topics import touch_state

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

__all__ = ["JobNotRetryable", "ParamsInvalid", "job_cancel", "job_enqueue", "job_retry"]


class JobNotRetryable(Exception):
    """Only a failed or cancelled job can be tried again."""


def job_enqueue(
    *,
    kind: str,
    params: dict[str, Any],
    project: Project | None,
    owner: User | None,
    idempotency_key: str = "",
) -> Job:
    """Create a queued job, delivered when the surrounding transaction commits.

    The same `idempotency_key` (per kind and project) returns the job that is already there.
    Raises ParamsInvalid for parameters that are not small plain JSON, LookupError for an unknown kind.
    """
    handler = handler_for(kind)
    if handler is None:
        raise LookupError(f"No handler is registered for job kind {kind!r}.")
    clean = validate_params(params)
    with transaction.atomic():
        job, created = _get_or_create(
            kind=kind, project=project, idempotency_key=idempotency_key,
            fields={"queue": handler.queue, "params": clean, "owner": owner, "max_attempts": handler.max_attempts},
        )  # fmt: skip
        if created:
            record(
                action="job.enqueue", actor=owner, project=project, target=job,
                payload={"kind": kind, "queue": job.queue},
            )  # fmt: skip
            touch_state(project_id=job.project_id, job_id=job.pk)
            deliver_on_commit(job)
    return job


def _get_or_create(
    *, kind: str, project: Project | None, idempotency_key: str, fields: dict[str, Any]
) -> tuple[Job, bool]:
    if not idempotency_key:
        return Job.objects.create(kind=kind, project=project, **fields), True
    same = Job.objects.filter(kind=kind, project=project, idempotency_key=idempotency_key)
    found = same.first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            created = Job.objects.create(kind=kind, project=project, idempotency_key=idempotency_key, **fields)
    except IntegrityError:
        return same.get(), False
    return created, True


def job_cancel(*, job: Job, actor: User | None) -> bool:
    """Ask a job to stop; a queued one stops at once. Returns False when it had already ended."""
    now = timezone.now()
    with transaction.atomic():
        stopped = Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(
            state=JobState.CANCELLED, cancel_requested=True, finished_at=now, updated_at=now
        )
        asked = stopped or Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(
            cancel_requested=True, updated_at=now
        )
        if asked:
            record(action="job.cancel", actor=actor, project=job.project, target=job, payload={"kind": job.kind})
            touch_state(project_id=job.project_id, job_id=job.pk)
    job.refresh_from_db()
    return bool(asked)


def job_retry(*, job: Job, actor: User | None) -> Job:
    """Queue a failed or cancelled job again; it continues from its last checkpoint.

    Raises JobNotRetryable when the job is not in such a state (any more).
    """
    now = timezone.now()
    with transaction.atomic():
        again = Job.objects.filter(pk=job.pk, state__in=FINAL_STATES - {JobState.SUCCEEDED}).update(
            state=JobState.QUEUED, attempts=0, deliveries=0, delivered_at=None, not_before=None, error="",
            cancel_requested=False, finished_at=None, lease_until=None, updated_at=now,
        )  # fmt: skip
        if not again:
            raise JobNotRetryable("Only a failed or cancelled job can be tried again.")
        record(action="job.retry", actor=actor, project=job.project, target=job, payload={"kind": job.kind})
        touch_state(project_id=job.project_id, job_id=job.pk)
        job.refresh_from_db()
        deliver_on_commit(job)
    return job
