"""What an app needs to write a job: the handler base, the context it is given, and how to end early."""

from __future__ import annotations

from pixelhub.jobs.context import JobContext
from pixelhub.jobs.errors import JobAttemptFailed, JobCancelled, JobError, JobLost
from pixelhub.jobs.registry import JobHandler, register

__all__ = ["JobAttemptFailed", "JobCancelled", "JobContext", "JobError", "JobHandler", "JobLost", "register"]
