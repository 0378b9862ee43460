"""Who may see and stop a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404

from pixelhub.accounts.access import can, projects_of
from pixelhub.accounts.roles import Capability
from pixelhub.jobs.models import Job

if TYPE_CHECKING:
    from pixelhub.accounts.models import User


def jobs_for(user: User) -> QuerySet[Job]:
    """Jobs of projects in which the user may view jobs, and the user's own in any project of theirs."""
    projects = list(projects_of(user))
    viewable = [project.pk for project in projects if can(user, project, Capability.JOBS_VIEW)]
    own = Q(owner=user) & (Q(project__isnull=True) | Q(project__in=[project.pk for project in projects]))
    return Job.objects.filter(Q(project__in=viewable) | own).select_related("project", "owner")


def get_job_for(user: User, pk: int) -> Job:
    """The job, if the user may see it. Raises Http404 outside the project, PermissionDenied inside it."""
    job = jobs_for(user).filter(pk=pk).first()
    if job is not None:
        return job
    if Job.objects.filter(pk=pk, project__in=projects_of(user)).exists():
        raise PermissionDenied("Your role does not show other people's jobs.")
    raise Http404("No such job.")


def may_stop(user: User, job: Job) -> bool:
    """Its owner, or an administrator of its project."""
    if job.owner_id == user.pk:
        return True
    return job.project is not None and can(user, job.project, Capability.PEOPLE_MANAGE)


def get_stoppable_job_for(user: User, pk: int) -> Job:
    """As `get_job_for`, for cancel and retry."""
    job = get_job_for(user, pk)
    if not may_stop(user, job):
        raise PermissionDenied("Only its owner or an administrator may stop or restart this job.")
    return job
