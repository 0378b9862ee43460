"""Pages of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from pixelhub.jobs import selectors, services
from pixelhub.jobs.access import get_job_for, get_stoppable_job_for
from pixelhub.jobs.models import Job, JobState

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from pixelhub.accounts.models import User

    class HubRequest(HttpRequest):
        """What the middleware makes of a request on every page that needs a sign-in."""

        user: User
        htmx: HtmxDetails


_PAGE = 25


@require_GET
def job_list(request: HubRequest) -> HttpResponse:
    """Newest first, filtered by ?state= and ?project=."""
    state, project = request.GET.get("state", ""), request.GET.get("project", "")
    project_id = int(project) if project.isascii() and project.isdigit() and len(project) < 18 else None
    jobs = selectors.job_list(request.user, state=state, project_id=project_id)
    page = Paginator(jobs, _PAGE).get_page(request.GET.get("page"))
    projects = list(selectors.projects_with_jobs(request.user))
    context = {
        "page": page,
        "live_topics": " ".join(f"project:{project.pk}:jobs" for project in projects),
        "state": state,
        "project_id": project_id,
        "states": JobState.choices,
        "projects": projects,
    }
    template = "jobs/_list.html" if request.htmx and not request.htmx.boosted else "jobs/job_list.html"
    return render(request, template, context)


@require_GET
def job_detail(request: HubRequest, pk: int) -> HttpResponse:
    """One job: progress, log, reason of a failure, parameters."""
    job = get_job_for(request.user, pk)
    return render(request, "jobs/job_detail.html", _detail_context(job))


@require_GET
def job_progress(request: HubRequest, pk: int) -> HttpResponse:
    """What a page with this job on it fetches again: the bar alone, or with ?part=detail the whole body."""
    job = get_job_for(request.user, pk)
    template = "jobs/_detail.html" if request.GET.get("part") == "detail" else "jobs/_progress.html"
    return render(request, template, _detail_context(job))


@require_POST
def job_cancel(request: HubRequest, pk: int) -> HttpResponse:
    """Ask the job to stop."""
    job = get_stoppable_job_for(request.user, pk)
    asked = services.job_cancel(job=job, actor=request.user)
    if request.htmx:
        return render(request, "jobs/_progress.html", _detail_context(job))
    messages.info(request, "The job will stop in a moment." if asked else "The job had already ended.")
    return redirect(job)


@require_POST
def job_retry(request: HubRequest, pk: int) -> HttpResponse:
    """Queue a failed or cancelled job again."""
    job = get_stoppable_job_for(request.user, pk)
    try:
        services.job_retry(job=job, actor=request.user)
    except services.JobNotRetryable as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, "The job is queued again and continues where it was.")
    return redirect(job)


def _detail_context(job: Job) -> dict[str, object]:
    return {"job": job, "log_tail": selectors.log_tail(job)}
