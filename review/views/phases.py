"""A phase: how its gates stand, what is open, and its closings."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from pixelhub.accounts.access import capabilities, current_project, require
from pixelhub.accounts.roles import Capability
from review import services
from review.board import board_of
from review.evidence.program import PHASES
from review.forms_programme import CloseForm, ReopenForm
from review.refusal import Refused
from review.selectors_programme import closings_of
from review.views.person import signed_in


@require_GET
def phase_detail(request: HttpRequest, number: int) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_VIEW)
    _check(number)
    row = board_of(project, today=timezone.localdate()).phases[number - 1]
    context = {
        "project": project,
        "row": row,
        "closings": closings_of(project, number),
        "close_form": CloseForm(),
        "reopen_form": ReopenForm(),
        "granted": capabilities(signed_in(request), project),
    }
    return render(request, "review/phase_detail.html", context)


@require_POST
def phase_close(request: HttpRequest, number: int) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_EDIT)
    _check(number)
    form = CloseForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""
    try:
        services.phase_close(project=project, actor=signed_in(request), phase=number, note=note)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"Phase {number} is closed.")
    return redirect("review:phase_detail", number)


@require_POST
def phase_reopen(request: HttpRequest, number: int) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_EDIT)
    _check(number)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why it is opened again.")
        return redirect("review:phase_detail", number)
    try:
        services.phase_reopen(
            project=project, actor=signed_in(request), phase=number, reason=form.cleaned_data["reason"]
        )
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("review:phase_detail", number)


def _check(number: int) -> None:
    if number not in {phase.number for phase in PHASES}:
        raise Http404("The program has no such phase.")
