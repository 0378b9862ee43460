"""Between django-q2 and the row: q2 carries an id, `deliver` claims the row and sees the work through."""

from __future__ import annotations

import logging
from threading import Event

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from pixelhub.jobs import lease, lifeline
from pixelhub.jobs.keeper import Keeper
from pixelhub.jobs.models import Canary, Job, JobState
from pixelhub.jobs.registry import handler_for
from pixelhub.jobs.runner import Outcome, describe_error, execute
from pixelhub.jobs.watch import settle_stopped, watch_child

logger = logging.getLogger(__name__)


def deliver_on_commit(job: Job) -> None:
    """Send the job's id to its queue once the transaction is committed; the sweep mends what gets lost."""
    job_id = job.pk
    transaction.on_commit(lambda: send(job_id), robust=True)


def send(job_id: int) -> bool:
    """Put a queued job's id on its queue; False when it is not queued any more."""
    queued = Job.objects.filter(pk=job_id, state=JobState.QUEUED)
    queue = queued.values_list("queue", flat=True).first()
    if queue is None or not queued.update(delivered_at=timezone.now(), deliveries=F("deliveries") + 1):
        return False
    async_task("pixelhub.jobs.delivery.deliver", job_id, cluster=queue)
    return True


def deliver(job_id: int) -> str:
    """Run by a q2 worker. Never raises: q2 would store the traceback with its message."""
    try:
        return _deliver(job_id)
    except Exception as error:
        logger.error("job %s: its delivery met %s; the lease will lapse", job_id, describe_error(error))
        return "error"


def _deliver(job_id: int) -> str:
    if lifeline.is_cut():
        return "worker is stopping"
    job = lease.claim(job_id, worker=lifeline.worker_name())
    if job is None:
        return "nothing to do"
    handler = handler_for(job.kind)
    if handler is None or not handler.heavy:
        _run_here(job)
    else:
        watch_child(job)
    return "done"


def _run_here(job: Job) -> None:
    """A light job: in this process, with a thread that keeps its lease."""
    stop = Event()
    with Keeper(job, stop):
        outcome = execute(job, stop=stop)
    if outcome is Outcome.STOPPED:
        settle_stopped(job, "It was asked to stop.")


def send_canary(*, queue: str, worker: str) -> None:
    """A delivery that only shows that this queue is being worked on."""
    canary = Canary.objects.create(queue=queue, worker=worker)
    async_task("pixelhub.jobs.delivery.answer_canary", canary.pk, cluster=queue)


def answer_canary(canary_id: int) -> None:
    """Run by a q2 worker."""
    Canary.objects.filter(pk=canary_id).update(finished_at=timezone.now())
