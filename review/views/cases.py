"""One case: the expert labels it blind, then sees the prediction and judges it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES, SEVERITY_LABELS
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access
from review import selectors, services
from review.access import get_campaign_for, get_case_for
from review.forms import LabelForm, VerdictForm
from review.models import Campaign, Judgement, ReviewCase
from review.refusal import Refused
from review.views.person import signed_in

TYPE_KEYS = dict(zip(CRISIS_TYPES, "1234567", strict=True))
SEVERITY_KEYS = dict(zip(SEVERITY_LABELS, "qwert", strict=True))


@require_GET
def case_next(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_campaign_for(signed_in(request), pk, Capability.REVIEW_JUDGE)
    case = selectors.next_case(campaign, signed_in(request)) if campaign.state == Campaign.State.OPEN else None
    if campaign.model_version.trainer_id == signed_in(request).pk:
        messages.error(request, "You trained this version, so others review it.")
        return redirect("review:campaign_detail", campaign.pk)
    if case is None:
        messages.success(request, "Every case of this review has been judged. Thank you.")
        return redirect("review:campaign_detail", campaign.pk)
    return redirect("review:case_judge", case.pk)


@require_http_methods(["GET", "POST"])
def case_judge(request: HttpRequest, pk: int) -> HttpResponse:
    case = get_case_for(signed_in(request), pk)
    if case.campaign.model_version.trainer_id == signed_in(request).pk:
        messages.error(request, "You trained this version, so others review it.")
        return redirect("review:campaign_detail", case.campaign_id)
    judgement = selectors.judgement_of(case, signed_in(request))
    if request.method == "GET":
        return _page(request, case, judgement)
    try:
        if "verdict" in request.POST:
            return _judge(request, case)
        return _label(request, case)
    except Refused as refused:
        messages.error(request, str(refused))
        return _page(request, case, selectors.judgement_of(case, signed_in(request)), status=409)


def _label(request: HttpRequest, case: ReviewCase) -> HttpResponse:
    form = LabelForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a crisis type, and a severity unless there is no crisis.")
        return _page(request, case, None, status=400)
    services.case_label(case=case, expert=signed_in(request), **form.cleaned_data)
    return redirect("review:case_judge", case.pk)


def _judge(request: HttpRequest, case: ReviewCase) -> HttpResponse:
    form = VerdictForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a verdict; a comment has at most 2,000 characters.")
        return _page(request, case, selectors.judgement_of(case, signed_in(request)), status=400)
    services.case_judge(case=case, expert=signed_in(request), **form.cleaned_data)
    return redirect("review:case_next", case.campaign_id)


def _page(request: HttpRequest, case: ReviewCase, judgement: Judgement | None, *, status: int = 200) -> HttpResponse:
    project = case.campaign.project
    record_access(actor=signed_in(request), project=project, target=case, record=case.record_id)
    context = {
        "case": case,
        "judgement": judgement,
        # The prediction is not even in the page before the blind label is stored.
        "prediction": case.prediction if judgement else None,
        "ranked": _ranked(case) if judgement else [],
        "progress": selectors.campaign_progress(case.campaign),
        "types": [(kind, CRISIS_TYPE_LABELS[kind], TYPE_KEYS[kind]) for kind in CRISIS_TYPES],
        "severities": [(level, name, SEVERITY_KEYS[level]) for level, name in SEVERITY_LABELS.items()],
    }
    return render(request, "review/case_judge.html", context, status=status)


def _ranked(case: ReviewCase) -> list[tuple[str, float]]:
    """The three most probable types, in order."""
    return sorted(case.prediction["probabilities"].items(), key=lambda pair: -pair[1])[:3]
