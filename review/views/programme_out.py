"""What goes out of the programme: files for other tools, the burn-down, runs of the integration suite."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_export
from review.board import board_of
from review.burndown import burndown_of, burndown_picture
from review.exports import FORMS
from review.selectors_programme import integration_runs_of
from review.views.person import signed_in

RUNS_SHOWN = 20


@require_GET
def plan_export(request: HttpRequest, form: str) -> HttpResponse:
    """The plan as a file: `checklist`, `jira` or `linear`. What leaves the hub is in the audit trail."""
    project, user = current_project(request), signed_in(request)
    require(user, project, Capability.BOARD_VIEW)
    if form not in FORMS:
        raise Http404("There is no such form.")
    name, kind, writer = FORMS[form]
    text = writer(board_of(project, today=timezone.localdate()), project)
    record_export(actor=user, project=project, what="plan", target=project, form=form)
    answer = HttpResponse(text, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{project.slug}-{name}"'
    return answer


@require_GET
def burndown(request: HttpRequest) -> HttpResponse:
    """A fragment of the board: it is drawn after the page is there."""
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_VIEW)
    found = burndown_of(project, today=timezone.localdate())
    return render(request, "review/_burndown.html", {"burndown": found})


@require_GET
def burndown_chart(request: HttpRequest) -> HttpResponse:
    """The burn-down as SVG."""
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_VIEW)
    picture = burndown_picture(burndown_of(project, today=timezone.localdate()))
    return HttpResponse(picture, content_type="image/svg+xml")


@require_GET
def integration_runs(request: HttpRequest) -> HttpResponse:
    """Recorded runs of the integration suite: the evidence of two gates."""
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_VIEW)
    runs = list(integration_runs_of(project)[:RUNS_SHOWN])
    return render(request, "review/integration_runs.html", {"project": project, "runs": runs})
