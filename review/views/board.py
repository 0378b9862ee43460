"""The phase board, its start date and its history."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from pixelhub.accounts.access import capabilities, current_project, require
from pixelhub.accounts.roles import Capability
from review import services
from review.board import board_of
from review.forms_programme import PlanStartForm
from review.plan_history import plan_history as history_of
from review.refusal import Refused
from review.topics import board_topics
from review.views.person import signed_in


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_VIEW)
    context = {
        "project": project,
        "board": board_of(project, today=timezone.localdate()),
        "start_form": PlanStartForm(initial={"start": project.starts_on}),
        "topics": " ".join(board_topics(project.pk)),
        "granted": capabilities(signed_in(request), project),
    }
    page = "review/_board.html" if getattr(request, "htmx", False) else "review/board.html"
    return render(request, page, context)


@require_GET
def plan_history(request: HttpRequest) -> HttpResponse:
    """Everything that people did to the plan."""
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_VIEW)
    return render(request, "review/plan_history.html", {"project": project, "history": history_of(project)})


@require_POST
def plan_start(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_EDIT)
    form = PlanStartForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a date.")
        return redirect("review:board")
    try:
        services.plan_start_set(project=project, actor=signed_in(request), start=form.cleaned_data["start"])
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The start date is set; the due dates follow from it.")
    return redirect("review:board")
