"""Commands run their job here and now, through the same claim as a worker: whoever claims first does the work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from django.core.management.base import CommandError

from pixelhub.accounts.models import Project
from pixelhub.jobs.runner import run_inline

if TYPE_CHECKING:
    from pixelhub.jobs.models import Job

_POLL_SECONDS: Final = 0.5


def finish(job: Job) -> None:
    """Run the job, or wait for the worker that claimed it first. Raises CommandError when it does not succeed."""
    run_inline(job)
    while job.state not in ("succeeded", "failed", "cancelled"):
        time.sleep(_POLL_SECONDS)
        job.refresh_from_db()
    if job.state != "succeeded":
        raise CommandError(job.error or f"The job was {job.state}.")


def project_named(slug: str) -> Project:
    """Return the project. Raises CommandError with the projects there are."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        known = ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True)[:20])
        hint = f"There are: {known}." if known else "There is none yet; sign in as an administrator and create one."
        raise CommandError(f"There is no project “{slug}”. {hint}")
    return project
