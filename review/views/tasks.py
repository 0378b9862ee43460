"""A task of the plan: its lines, days, ticks and owners."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from pixelhub.accounts.access import capabilities, current_project, require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from review import services
from review.access import get_owner_for
from review.board import TaskRow, board_of
from review.evidence.program import subtasks, task_of
from review.forms_programme import MoveForm, OwnerForm, TickForm
from review.plan_history import plan_history
from review.refusal import Refused
from review.selectors_programme import people_for
from review.topics import board_topics
from review.views.person import signed_in

_KEYS = {subtask.key for subtask in subtasks()}


@require_GET
def task_detail(request: HttpRequest, key: str) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_VIEW)
    row = _row(project, key)
    owned = {owner.person_id for owner in row.owners}
    context = {
        "project": project,
        "row": row,
        "start": project.starts_on,
        "owner_form": OwnerForm(people=people_for(project, row.task).exclude(pk__in=owned)),
        "history": plan_history(project, key),
        "topics": " ".join(board_topics(project.pk)),
        "granted": capabilities(signed_in(request), project),
    }
    return render(request, "review/task_detail.html", context)


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
    subtask, note = form.cleaned_data["task"], form.cleaned_data["note"]
    try:
        if done:
            services.task_tick(project=project, actor=signed_in(request), task=subtask, note=note)
        else:
            services.task_untick(project=project, actor=signed_in(request), task=subtask)
    except Refused as refused:
        messages.error(request, str(refused))
    return _to_task(subtask)


@require_POST
def subtask_move(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_EDIT)
    form = MoveForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give two days, counted from day 1, and a reason.")
        return _to_task(request.POST.get("subtask", ""))
    try:
        services.subtask_move(project=project, actor=signed_in(request), **form.cleaned_data)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Planned anew; the former days are in the history.")
    return _to_task(form.cleaned_data["subtask"])


@require_POST
def owner_assign(request: HttpRequest, key: str) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_EDIT)
    form = OwnerForm(request.POST, people=people_for(project, _row(project, key).task))
    if not form.is_valid():
        messages.error(request, "Choose somebody who holds one of this task's roles.")
        return redirect("review:task_detail", key)
    try:
        services.owner_assign(project=project, actor=signed_in(request), task=key, person=form.cleaned_data["person"])
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("review:task_detail", key)


@require_POST
def owner_end(request: HttpRequest, pk: int) -> HttpResponse:
    owner = get_owner_for(signed_in(request), pk)
    try:
        services.owner_end(owner=owner, actor=signed_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("review:task_detail", owner.task)


def _row(project: Project, key: str) -> TaskRow:
    board = board_of(project, today=timezone.localdate())
    found = next((row for phase in board.phases for row in phase.tasks if row.task.key == key), None)
    if found is None:
        raise Http404("The program has no such task.")
    return found


def _to_task(subtask: str) -> HttpResponse:
    if subtask not in _KEYS:
        return redirect("review:board")
    return redirect("review:task_detail", task_of(subtask).key)
