"""A job run by a command, with its progress on standard error where that is a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from django.core.management.base import CommandError
from django.db import close_old_connections, connection

from datasets_app.management.jobwait import finish

if TYPE_CHECKING:
    from pixelhub.jobs.models import Job

_EVERY_SECONDS: Final = 1.0


def finish_with_progress(job: Job, stderr: Any) -> str:
    """Run the job as `finish` does; answers "" or the reason why it did not succeed."""
    with _told(job, stderr):
        try:
            finish(job)
        except CommandError as error:
            return str(error)
    return ""


@contextmanager
def _told(job: Job, stderr: Any) -> Iterator[None]:
    if not sys.stderr.isatty():
        yield
        return
    ended = threading.Event()
    teller = threading.Thread(target=_tell, args=(job, stderr, ended), daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _tell(job: Job, stderr: Any, ended: threading.Event) -> None:
    """Read the row once a second; the job itself is busy."""
    while not ended.wait(_EVERY_SECONDS):
        close_old_connections()
        row = type(job).objects.get(pk=job.pk)
        stderr.write("\r" + progress_line(row)[:150].ljust(150), ending="")
        stderr.flush()
    stderr.write("")
    connection.close()


def progress_line(job: Job) -> str:
    """How far a job is, in a line: done, total, rate, time left, note."""
    total = f" of {job.total:,}" if job.total else ""
    rate = f" {job.rate:,.0f}/s" if job.rate else ""
    left = f", {int(job.eta.total_seconds())} s left" if job.eta else ""
    return f"{job.done:,}{total} {job.unit}{rate}{left} {job.note}".strip()
