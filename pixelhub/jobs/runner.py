"""Run a claimed job's handler in this process and settle its row."""

from __future__ import annotations

import json
import logging
import traceback
from enum import Enum
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings

from pixelhub.jobs import lease, log
from pixelhub.jobs.context import JobContext, remove_workdir
from pixelhub.jobs.errors import JobAttemptFailed, JobCancelled, JobError, JobLost
from pixelhub.jobs.lifeline import worker_name
from pixelhub.jobs.models import Job
from pixelhub.jobs.registry import handler_for

logger = logging.getLogger(__name__)

_MAX_RESULT_BYTES = 256 * 1024
_MAX_REASON = 2000


class Outcome(Enum):
    SETTLED = "settled"  # the row has its new state, or is not ours any more
    STOPPED = "stopped"  # asked to stop: whoever asked decides what becomes of the row


def execute(job: Job, *, stop: Event | None = None) -> Outcome:
    """Run the handler of a job that was claimed (job.fence is ours) and write how it ended."""
    try:
        _run(job, stop)
    except JobLost:
        logger.warning("job %s: another worker holds it now, stopped", job.pk)
    except JobCancelled:
        if not held_and_cancelled(job):
            return Outcome.STOPPED
        settle_cancelled(job)
    except JobError as error:
        lease.fail(job, job.fence, clean_reason(str(error)))
    except JobAttemptFailed as error:
        lease.requeue(job, job.fence, clean_reason(str(error)))
    except (Exception, SystemExit) as error:
        _log_frames(job, error)
        lease.requeue(job, job.fence, describe_error(error))
    return Outcome.SETTLED


def _run(job: Job, stop: Event | None) -> None:
    handler = handler_for(job.kind)
    if handler is None:
        raise JobError(f"No handler is installed for “{job.kind}”.")
    context = JobContext(job, stop=stop)
    result = _plain_result(handler().run(context))
    context.flush()
    if lease.succeed(job, job.fence, result):
        remove_workdir(job)


def run_inline(job: Job) -> None:
    """Claim and run a job here and now, attempt after attempt without waits, as a worker would.

    For tests, and for a job that needs another one done (the demo): where a worker holds it already, nothing happens.

    Raises nothing: look at `job.state` and `job.error`, which are read again before returning.
    """
    while (claimed := lease.claim(job.pk, worker=worker_name(), ignore_wait=True)) is not None:
        execute(claimed)
    job.refresh_from_db()


def held_and_cancelled(job: Job) -> bool:
    return lease.held(job.pk, job.fence).filter(cancel_requested=True).exists()


def settle_cancelled(job: Job) -> None:
    handler = handler_for(job.kind)
    if lease.cancel(job, job.fence) and not (handler and handler.keeps_work):
        remove_workdir(job)


def clean_reason(text: str) -> str:
    """A reason fit to store and show: no control characters, bounded."""
    return " ".join(log.clean_line(line) for line in text.splitlines())[:_MAX_REASON] or "It failed without a reason."


def describe_error(error: BaseException) -> str:
    """The kind and place of an unexpected error, without its message: that may quote a conversation."""
    place = _frames(error)[-1:]
    return f"Unexpected {type(error).__name__}" + (f" at {place[0]}." if place else ".")


def _frames(error: BaseException) -> list[str]:
    root = Path(settings.BASE_DIR)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(root) and ".venv" not in frame.filename]
    return [f"{Path(f.filename).relative_to(root)}:{f.lineno} ({f.name})" for f in ours]


def _log_frames(job: Job, error: BaseException) -> None:
    frames = _frames(error)
    logger.error("job %s: %s in %s", job.pk, type(error).__name__, " < ".join(reversed(frames)) or "unknown place")
    for frame in frames:
        log.append(job.pk, job.fence, f"{type(error).__name__}: {frame}")


def _plain_result(result: dict[str, Any] | None) -> dict[str, Any] | None:
    encoded = json.dumps(result, allow_nan=False)
    if len(encoded) > _MAX_RESULT_BYTES:
        raise JobError("The result of this job is too large to keep in its row.")
    return json.loads(encoded)
