"""A gate: what it reads, what would settle it, and its waivers."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from pixelhub.accounts.access import capabilities, current_project, require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import roles_in
from review import services
from review.access import get_version_for, get_waiver_for
from review.evidence.program import gates
from review.forms_programme import WaiveForm
from review.gates import GateStanding, gate_standing
from review.models import GateWaiver
from review.refusal import Refused
from review.selectors_programme import waivers_of
from review.services.phases import seen_of
from review.views.person import signed_in
from training_app.models import ModelVersion

_KEYS = {gate.key for gate in gates()}


@require_GET
def gate_detail(request: HttpRequest, key: str) -> HttpResponse:
    """`?version=` holds the gate against another version than the one at hand, as a promotion does."""
    project, user = current_project(request), signed_in(request)
    require(user, project, Capability.BOARD_VIEW)
    version = _version(request, project)
    standing = _standing(project, key, version)
    seats = [seat for seat in GateWaiver.Seat.values if seat in roles_in(user, project)]
    given = any(half.person_id == user.pk for half in standing.halves)
    may = bool(seats) and not standing.passes and not given
    context = {
        "project": project,
        "standing": standing,
        "version": version,
        "waivers": waivers_of(project, key),
        "form": WaiveForm(seats=seats, initial={"seen": seen_of(standing)}) if may else None,
        "waive_url": _address(key, version, "review:gate_waive"),
        "granted": capabilities(user, project),
    }
    return render(request, "review/gate_detail.html", context)


@require_POST
def gate_waive(request: HttpRequest, key: str) -> HttpResponse:
    project, user = current_project(request), signed_in(request)
    require(user, project, Capability.GATE_WAIVE)
    if key not in _KEYS:
        raise Http404("The program has no such gate.")
    version = _version(request, project)
    form = WaiveForm(request.POST, seats=GateWaiver.Seat.values)
    if not form.is_valid():
        messages.error(request, "A waiver needs its role and a reason.")
        return redirect(_address(key, version))
    try:
        services.gate_waive(project=project, actor=user, gate=key, version=version, **form.cleaned_data)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Your half of the waiver stands.")
    return redirect(_address(key, version))


@require_POST
def waiver_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    waiver = get_waiver_for(signed_in(request), pk)
    try:
        services.waiver_withdraw(waiver=waiver, actor=signed_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("review:gate_detail", waiver.gate)


def _version(request: HttpRequest, project: Project) -> ModelVersion | None:
    asked = request.GET.get("version", "")
    if not asked.isdecimal() or len(asked) > 18:
        return None
    version = get_version_for(signed_in(request), int(asked), Capability.BOARD_VIEW)
    if version.project_id != project.pk:
        raise Http404("This version is another project's.")
    return version


def _standing(project: Project, key: str, version: ModelVersion | None) -> GateStanding:
    try:
        return gate_standing(project, key, version)
    except KeyError:
        raise Http404("The program has no such gate.") from None


def _address(key: str, version: ModelVersion | None, name: str = "review:gate_detail") -> str:
    address = reverse(name, args=[key])
    return f"{address}?version={version.pk}" if version else address
