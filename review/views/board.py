"""The phase board, its start date and its ticks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.roles import Capability
from review import services
from review.board import board_of, plan_history
from review.forms import PlanStartForm, TickForm
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
        "history": plan_history(project),
        "start_form": PlanStartForm(initial={"start": project.starts_on}),
        "topics": " ".join(board_topics(project.pk)),
    }
    page = "review/_board.html" if getattr(request, "htmx", False) else "review/board.html"
    return render(request, page, context)


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


@require_POST
def task_tick(request: HttpRequest) -> HttpResponse:
    return _tick(request, done=True)


@require_POST
def task_untick(request: HttpRequest) -> HttpResponse:
    return _tick(request, done=False)


def _tick(request: HttpRequest, *, done: bool) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_EDIT)
    form = TickForm(request.POST)
    if not form.is_valid():
        messages.error(request, "This line could not be ticked.")
        return redirect("review:board")
    task, note = form.cleaned_data["task"], form.cleaned_data["note"]
    try:
        if done:
            services.task_tick(project=project, actor=signed_in(request), task=task, note=note)
        else:
            services.task_untick(project=project, actor=signed_in(request), task=task)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("review:board")
