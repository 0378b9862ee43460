"""A heavy job: its handler runs in a child process, and the delivery watches over it."""

from __future__ import annotations

import logging

from django.conf import settings

from pixelhub.jobs import lease, lifeline
from pixelhub.jobs.leasewatch import LeaseWatch, Verdict
from pixelhub.jobs.models import Job
from pixelhub.jobs.processes import GuardedProcess, describe_exit, manage_command
from pixelhub.jobs.runner import held_and_cancelled, settle_cancelled

logger = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 0.25


def watch_child(job: Job) -> None:
    """Run `run_job` in a child until it ends; heartbeat while it lives, stop it when it must, settle what it left."""
    child = GuardedProcess(manage_command("run_job", str(job.pk), str(job.fence)))
    watch = LeaseWatch(job)
    stopping = False
    while (code := child.poll()) is None:
        stopping = lifeline.is_cut(wait=0.0 if stopping else _look_every()) or stopping
        verdict = watch.look()
        if verdict is Verdict.LOST:
            _let_go(child, job)
            return
        if stopping or child.stop_asked or verdict is Verdict.CANCEL:
            child.press_to_stop(grace=settings.JOBS_CANCEL_GRACE_SECONDS)
            child.wait(_look_every())
    settle_stopped(job, describe_exit(code))


def _let_go(child: GuardedProcess, job: Job) -> None:
    """The row is not held under our fence: the child has just settled it, or another worker has taken it over."""
    if child.wait(settings.JOBS_CANCEL_GRACE_SECONDS) is None:
        logger.warning("job %s: the row is no longer held here, ending its process", job.pk)
        child.kill()
        child.wait()


def settle_stopped(job: Job, reason: str) -> None:
    """What becomes of a row that its process has left behind: cancelled, given back, or counted as a crash.

    Does nothing when the process settled the row itself, for then it is not held under this fence.
    """
    if held_and_cancelled(job):
        settle_cancelled(job)
    elif lifeline.is_cut():
        lease.release(job, job.fence)
    else:
        lease.requeue(job, job.fence, reason)


def _look_every() -> float:
    return min(_LOOK_EVERY_SECONDS, settings.JOBS_LEASE_SECONDS / 8)
