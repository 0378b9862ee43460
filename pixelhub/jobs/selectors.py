"""Reads of jobs for pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from pixelhub.accounts.access import projects_of
from pixelhub.jobs.access import jobs_for
from pixelhub.jobs.models import Job, JobLog, JobState

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

__all__ = ["job_list", "log_tail", "projects_with_jobs"]


def job_list(user: User, *, state: str = "", project_id: int | None = None) -> QuerySet[Job]:
    """What the user may see, newest first; an unknown state shows nothing rather than everything."""
    jobs = jobs_for(user).defer("checkpoint_json", "result", "params")
    if state:
        jobs = jobs.filter(state=state) if state in JobState.values else jobs.none()
    if project_id is not None:
        jobs = jobs.filter(project_id=project_id)
    return jobs.order_by("-pk")


def log_tail(job: Job, *, lines: int = 200) -> list[JobLog]:
    """The last lines of a job's log, newest first."""
    return list(job.log_lines.order_by("-seq")[:lines])


def projects_with_jobs(user: User) -> QuerySet[Project]:
    """The user's projects, for the filter of the list."""
    return projects_of(user).order_by("name")
