"""Pages of an annotator's first steps, of drift, and of the policy."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation import services
from annotation.access import get_annotator_for, require_watcher
from annotation.agreement.watching import control_points
from annotation.charts import control_svg
from annotation.errors import AnnotationError, NotAllowed
from annotation.forms_qualification import DriftForm, PolicyForm
from annotation.models import Qualification, Round
from annotation.selectors_policy import policy_of
from annotation.selectors_qualification import (
    attempts_of,
    current_guideline,
    drift_rows,
    hidden_outcomes,
    standing_now,
)
from annotation.start import start_context
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability


@require_GET
def start(request: HubRequest) -> HttpResponse:
    """Where a new annotator begins, and where everybody sees how they stand."""
    project = current_project(request)
    require(request.user, project, Capability.ANNOTATE)
    context = {**start_context(request.user, project), "support_contacts": settings.SUPPORT_CONTACTS}
    return render(request, "annotation/start.html", context)


@require_POST
def start_read(request: HubRequest) -> HttpResponse:
    """Tick that the current guideline has been read."""
    project = current_project(request)
    require(request.user, project, Capability.ANNOTATE)
    guideline = current_guideline(project)
    if guideline is None or request.POST.get("version") != str(guideline.version):
        messages.info(request, "There is a newer version now. Please read that one.")
        return redirect("annotation:start")
    services.guideline_read(guideline=guideline, annotator=request.user)
    messages.success(request, f"Noted: you have read version {guideline.version}.")
    return redirect("annotation:start")


@require_POST
def start_practice(request: HubRequest) -> HttpResponse:
    """Enter a practice set, or go on with it."""
    return _enter(request, Round.Kind.PRACTICE)


@require_POST
def start_qualification(request: HubRequest) -> HttpResponse:
    """Enter a qualification set, or go on with it."""
    return _enter(request, Round.Kind.QUALIFICATION)


@require_GET
def drift(request: HubRequest) -> HttpResponse:
    """Everybody against the hidden expert labels and against themself; for those who watch over quality."""
    project = current_project(request)
    require_watcher(request.user, project)
    policy = policy_of(project)
    context = {"rows": drift_rows(project, policy), "policy": policy, "topic": f"project:{project.pk}:rounds"}
    return render(request, "annotation/drift.html", context)


@require_http_methods(["GET", "POST"])
def drift_person(request: HubRequest, pk: int) -> HttpResponse:
    """One annotator's control chart, and what QA does about it."""
    project = current_project(request)
    person = get_annotator_for(request.user, project, pk)
    standing = standing_now(project, person)
    paused = standing.state == Qualification.State.PAUSED
    form = DriftForm(request.POST or None, paused=paused)
    status = 200
    if request.method == "POST":
        require(request.user, project, Capability.ADJUDICATE)
        status = 400
        if form.is_valid():
            decision, reason = form.cleaned_data["decision"], form.cleaned_data["reason"]
            act = {"project": project, "annotator": person, "reason": reason, "actor": request.user}
            try:
                if decision == "pause":
                    services.annotator_pause_by_hand(**act)
                else:
                    services.annotator_resume(**act, practise=decision == "practise")
            except AnnotationError as error:
                form.add_error(None, str(error))
                status = error.status
            else:
                messages.success(request, "Done. The person sees your sentence on their page.")
                return redirect("annotation:drift")
    policy = policy_of(project)
    (row,) = [row for row in drift_rows(project, policy) if row["person"] == person]
    context = {
        "form": form,
        "row": row,
        "points": control_points(hidden_outcomes(standing=standing), expected=policy.qualification_accuracy),
        "policy": policy,
        "attempts": attempts_of(project, person),
        "paused": paused,
        "may_decide": can(request.user, project, Capability.ADJUDICATE),
    }
    return render(request, "annotation/drift_person.html", context, status=status)


@require_GET
def drift_chart(request: HubRequest, pk: int) -> HttpResponse:
    """The control chart of one annotator."""
    project = current_project(request)
    person = get_annotator_for(request.user, project, pk)
    policy = policy_of(project)
    outcomes = hidden_outcomes(standing=standing_now(project, person))
    points = control_points(outcomes, expected=policy.qualification_accuracy)
    svg = control_svg(points, expected=policy.qualification_accuracy, floor=policy.gold_floor)
    return HttpResponse(svg, content_type="image/svg+xml")


@require_http_methods(["GET", "POST"])
def policy(request: HubRequest) -> HttpResponse:
    """What the project asks of its annotators, and what it owes them."""
    project = current_project(request)
    require(request.user, project, Capability.ROUND_MANAGE)
    form = PolicyForm(request.POST or None, instance=policy_of(project))
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            try:
                services.policy_change(project=project, actor=request.user, changes=changes)
            except AnnotationError as error:
                form.add_error(None, str(error))
                status = error.status
            else:
                messages.success(request, "Saved. It holds from the next sample on.")
                return redirect("annotation:policy")
    return render(request, "annotation/policy.html", {"form": form}, status=status)


def _enter(request: HubRequest, kind: str) -> HttpResponse:
    project = current_project(request)
    require(request.user, project, Capability.ANNOTATE)
    try:
        entered = services.set_start(project=project, annotator=request.user, kind=kind)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except AnnotationError as error:
        messages.info(request, str(error))
        return redirect("annotation:start")
    return redirect("annotation:round_label", pk=entered.pk)
