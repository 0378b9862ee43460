"""One alert, and the limits that figures are held to."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inference import services
from inference.access import get_alert_for
from inference.forms_monitoring import AlertAcknowledgeForm, AlertLimitsForm
from inference.presentation_monitoring import alert_rows
from inference.refusals import AlertInvalid, AlertRefused
from inference.selectors_alerts import limits_history, limits_of
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability


@never_cache
@require_http_methods(["GET", "POST"])
def alert_detail(request: HubRequest, pk: int) -> HttpResponse:
    """What is past its limit, since when; say that you look after it."""
    alert = get_alert_for(request.user, pk)
    may = can(request.user, alert.project, Capability.ALERT_RESPOND)
    form = AlertAcknowledgeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if not may:
            raise PermissionDenied("Who responds to alerts acknowledges them.")
        status = 400
        if form.is_valid():
            try:
                services.alert_acknowledge(alert=alert, actor=request.user, note=form.cleaned_data["note"])
            except AlertInvalid as invalid:
                form.add_error("note", str(invalid))
            except AlertRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, "Acknowledged: your colleagues see that you look after it.")
                return redirect(alert)
    rows = alert_rows([alert])
    context = {"alert": alert, "row": rows[0] if rows else None, "form": form, "may": may}
    return render(request, "inference/alert_detail.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def alert_limits(request: HubRequest) -> HttpResponse:
    """Past which a figure is a warning or critical; with every former version and its reason."""
    project = current_project(request)
    require(request.user, project, Capability.CASE_FIGURES)
    may_change = can(request.user, project, Capability.ALERT_LIMITS)
    if request.method == "POST" and not may_change:
        raise PermissionDenied("An administrator changes this.")
    form = AlertLimitsForm(request.POST or None, limits=limits_of(project))
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = services.alert_limits_change(
                    project=project, actor=request.user, limits=form.chosen, reason=form.cleaned_data["reason"]
                )
            except AlertInvalid as invalid:
                form.add_error(invalid.code if invalid.code in form.fields else None, str(invalid))
            else:
                messages.success(request, "Saved: the next look judges by it." if made else "Nothing was changed.")
                return redirect("inference:alert_limits")
    context = {"form": form, "may_change": may_change, "history": limits_history(project)}
    return render(request, "inference/alert_limits.html", context, status=status)
