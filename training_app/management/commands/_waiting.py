"""Waiting for a job at the command line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from pixelhub.jobs.models import Job, JobState

LOOK_EVERY_SECONDS: Final = 1.0
#: A worker takes a job within a second or two where one runs at all.
PATIENCE_SECONDS: Final = 10.0


def job_wait(job: Job, tell: Callable[[str], object]) -> None:
    """Return when the job has ended; `tell` is given its notes, and a word when no worker seems to take it."""
    told, waited = "", 0.0
    while not job.is_final:
        time.sleep(LOOK_EVERY_SECONDS)
        job.refresh_from_db()
        if job.note and job.note != told:
            told = job.note
            tell(told)
        waited += LOOK_EVERY_SECONDS
        if job.state == JobState.QUEUED and waited == PATIENCE_SECONDS:
            tell("No worker has taken the job yet: start one with `manage.py worker`, or give --inline next time.")
