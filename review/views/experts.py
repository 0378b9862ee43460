"""The register of experts, an expert's own page, absences, and who reads what of a review."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.roles import Capability
from review import selectors_experts as selectors
from review import services
from review.access import get_absence_for, get_campaign_for, get_expert_for
from review.forms_experts import AbsenceForm, ExpertForm, RegisterForm
from review.models import Expert
from review.refusal import Refused
from review.services.experts import expert_ready_by_hand
from review.topics import review_topic
from review.views.person import signed_in


@require_http_methods(["GET", "POST"])
def experts(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.EXPERT_MANAGE)
    form = RegisterForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.expert_register(project=project, actor=signed_in(request), **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{row.user} is in the register and gets cases from now on.")
            return redirect("review:experts")
    context = {
        "experts": selectors.experts_of(project),
        "form": form,
        "may_add": selectors.people_to_register(project).exists(),
        "topic": review_topic(project.pk),
    }
    return render(request, "review/experts.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def expert_change(request: HttpRequest, pk: int) -> HttpResponse:
    expert = get_expert_for(signed_in(request), pk)
    initial = {"specialty": expert.specialty, "capacity": expert.capacity, "active": expert.active}
    form = ExpertForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.expert_change(expert=expert, actor=signed_in(request), **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Kept. Cases are shared out accordingly.")
            return redirect("review:experts")
    return _expert_page(request, expert, form=form, status=400 if form.errors else 200)


@require_GET
def expert_me(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    person = signed_in(request)
    require(person, project, Capability.REVIEW_JUDGE)
    return _own_page(request)


@require_POST
def absence_own(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    person = signed_in(request)
    require(person, project, Capability.REVIEW_JUDGE)
    form = AbsenceForm(request.POST)
    if form.is_valid():
        try:
            expert = expert_ready_by_hand(project=project, user=person)
            services.absence_add(expert=expert, actor=person, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "You are away on these days. What you have not begun goes to others.")
            return redirect("review:expert_me")
    return _own_page(request, form=form, status=400)


@require_POST
def absence_add(request: HttpRequest, pk: int) -> HttpResponse:
    expert = get_expert_for(signed_in(request), pk)
    form = AbsenceForm(request.POST)
    if form.is_valid():
        try:
            services.absence_add(expert=expert, actor=signed_in(request), **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{expert.user} is away on these days. What they have not begun goes to others.")
            return redirect("review:expert_change", expert.pk)
    return _expert_page(request, expert, absence_form=form, status=400)


@require_POST
def absence_end(request: HttpRequest, pk: int) -> HttpResponse:
    absence = get_absence_for(signed_in(request), pk)
    try:
        services.absence_end(absence=absence, actor=signed_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The absence was taken back; cases come again.")
    if absence.expert.user_id == signed_in(request).pk:
        return redirect("review:expert_me")
    return redirect("review:expert_change", absence.expert_id)


@require_POST
def campaign_reassign(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_campaign_for(signed_in(request), pk, Capability.EXPERT_MANAGE)
    try:
        done = services.campaign_reassign(campaign=campaign, actor=signed_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{done.released} waiting cases were given on; {done.assigned} were shared out.")
    return redirect("review:campaign_detail", campaign.pk)


def _expert_page(
    request: HttpRequest,
    expert: Expert,
    *,
    form: ExpertForm | None = None,
    absence_form: AbsenceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    initial = {"specialty": expert.specialty, "capacity": expert.capacity, "active": expert.active}
    context = {
        "expert": expert,
        "form": form or ExpertForm(initial=initial),
        "absence_form": absence_form or AbsenceForm(),
        "absences": selectors.absences_ahead(expert),
    }
    return render(request, "review/expert_change.html", context, status=status)


def _own_page(request: HttpRequest, *, form: AbsenceForm | None = None, status: int = 200) -> HttpResponse:
    project, person = current_project(request), signed_in(request)
    expert = selectors.expert_of(project, person)
    campaigns = selectors.own_campaigns(project, person)
    context = {
        "expert": expert,
        "campaigns": campaigns,
        "split": [case for own in campaigns for case in selectors.split_cases(own.campaign, person)],
        "absences": selectors.absences_ahead(expert) if expert else [],
        "form": form or AbsenceForm(),
        "topic": review_topic(project.pk),
    }
    return render(request, "review/expert_me.html", context, status=status)
