"""Disputed cases: words of those who judged them, and a clinical lead's decision."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pixelhub.accounts.access import require
from pixelhub.accounts.roles import Capability
from review import services
from review.access import get_case_for
from review.forms_experts import PostForm, ResolutionForm
from review.refusal import Refused
from review.views.person import signed_in


@require_POST
def case_discuss(request: HttpRequest, pk: int) -> HttpResponse:
    case = get_case_for(signed_in(request), pk)
    form = PostForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Write a few words, at most 2,000 characters.")
        return redirect("review:case_judge", case.pk)
    try:
        services.case_discuss(case=case, author=signed_in(request), **form.cleaned_data)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("review:case_judge", case.pk)


@require_POST
def case_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    case = get_case_for(signed_in(request), pk)
    require(signed_in(request), case.campaign.project, Capability.REVIEW_RESOLVE)
    form = ResolutionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say whether to escalate it, which type it is and how severe, and why.")
        return redirect("review:case_judge", case.pk)
    try:
        services.case_resolve(case=case, actor=signed_in(request), **form.cleaned_data)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Decided. It stands for the experts' consensus from now on.")
    return redirect("review:case_judge", case.pk)
