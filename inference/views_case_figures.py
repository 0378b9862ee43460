"""Figures of the crisis protocol, its policy, and cases that were missed."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from inference import services
from inference.forms_cases import CasePolicyForm, MissedCaseForm
from inference.models import MissedCase
from inference.refusals import CaseRefused
from inference.selectors_case_figures import PERIODS, case_figures, figure_rows
from inference.selectors_policy import policy_history, policy_of
from inference.services import MissedReport
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_export
from pixelhub.csv_cells import csv_text


def _period(request: HubRequest) -> str:
    per = request.GET.get("per", "month")
    return per if per in PERIODS else "month"


@never_cache
@require_GET
def case_figures_page(request: HubRequest) -> HttpResponse:
    """How many, how grave, how fast: no case and no person by name."""
    project = current_project(request)
    require(request.user, project, Capability.CASE_FIGURES)
    per = _period(request)
    tabs = [{"label": f"By {name}", "url": f"?per={name}", "current": name == per} for name in PERIODS]
    context = {"figures": case_figures(project, per=per), "tabs": tabs, "per": per}
    return render(request, "inference/case_figures.html", context)


@never_cache
@require_GET
def case_figures_csv(request: HubRequest) -> HttpResponse:
    """The same as CSV, with small numbers suppressed."""
    project = current_project(request)
    require(request.user, project, Capability.CASE_FIGURES)
    per = _period(request)
    body = csv_text(figure_rows(case_figures(project, per=per)))
    record_export(actor=request.user, project=project, what="case figures")
    name = f"cases-{project.slug}-by-{per}.csv"
    return HttpResponse(
        body, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@never_cache
@require_http_methods(["GET", "POST"])
def case_policy(request: HubRequest) -> HttpResponse:
    """What opens a case, and how long people have; with every former version."""
    project = current_project(request)
    require(request.user, project, Capability.CASE_VIEW)
    may_change = can(request.user, project, Capability.CASE_POLICY)
    if request.method == "POST" and not may_change:
        raise PermissionDenied("The clinical lead changes this.")
    form = CasePolicyForm(request.POST or None, instance=policy_of(project.pk))
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                services.case_policy_change(project=project, actor=request.user, values=form.cleaned_data)
            except CaseRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, "Saved. Cases that are open keep their deadlines.")
                return redirect("inference:case_policy")
        status = 400
    context = {"form": form, "may_change": may_change, "history": policy_history(project.pk)}
    return render(request, "inference/case_policy.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def missed_cases(request: HubRequest) -> HttpResponse:
    """“We missed one”: tell of a crisis that got no alarm, and see those that were told."""
    project = current_project(request)
    require(request.user, project, Capability.CASE_RESPOND)
    form = MissedCaseForm(request.POST or None, project=project)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = dict(form.cleaned_data)
            score = given.pop("score")
            try:
                services.missed_case_report(
                    project=project, actor=request.user, report=MissedReport(**given), score=score
                )
            except CaseRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, "Thank you. It counts as missed, and stands in the figures.")
                return redirect("inference:missed_cases")
        status = 400
    told = MissedCase.objects.filter(project=project).select_related("reported_by", "score")[:50]
    return render(request, "inference/missed_cases.html", {"form": form, "missed": list(told)}, status=status)
