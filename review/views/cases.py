"""One case: the expert labels it, sees the prediction, judges it, and is at the next one at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES, SEVERITY_LABELS
from pixelhub.accounts.access import can
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access
from review import selectors, services
from review.access import get_campaign_for, get_case_for
from review.evidence.consensus import Consensus
from review.forms import LabelForm, VerdictForm
from review.forms_experts import PostForm, ResolutionForm
from review.forms_feedback import NoteForm, RelabelForm, SimilarForm
from review.judged import case_consensus, may_discuss
from review.models import Campaign, Feedback, Judgement, ReviewCase
from review.refusal import Refused
from review.rubric import RUBRIC
from review.selectors_discussions import thread_of
from review.selectors_experts import own_share
from review.selectors_feedback import feedback_of
from review.views.person import signed_in

TYPE_KEYS = dict(zip(CRISIS_TYPES, "1234567", strict=True))
SEVERITY_KEYS = dict(zip(SEVERITY_LABELS, "qwert", strict=True))


@require_GET
def case_next(request: HttpRequest, pk: int) -> HttpResponse:
    """Give this person their next case. A request from within a case gets it in place, without a new page."""
    campaign = get_campaign_for(signed_in(request), pk, Capability.REVIEW_JUDGE)
    detail = reverse("review:campaign_detail", args=[campaign.pk])
    try:
        case = services.case_claim(campaign=campaign, expert=signed_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
        return leave(request, detail)
    if case is None:
        messages.success(request, "Nothing is left for you in this review. Thank you.")
        return leave(request, detail)
    return redirect("review:case_judge", case.pk)


@require_http_methods(["GET", "POST"])
def case_judge(request: HttpRequest, pk: int) -> HttpResponse:
    case = get_case_for(signed_in(request), pk)
    if case.campaign.model_version.trainer_id == signed_in(request).pk:
        messages.error(request, "You trained this version, so others review it.")
        return leave(request, reverse("review:campaign_detail", args=[case.campaign_id]))
    if request.method == "GET":
        return _page(request, case)
    try:
        if "verdict" in request.POST:
            return _judge(request, case)
        return _label(request, case)
    except Refused as refused:
        return _page(request, case, refusal=str(refused), status=409)


def _label(request: HttpRequest, case: ReviewCase) -> HttpResponse:
    form = LabelForm(request.POST)
    if not form.is_valid():
        return _page(
            request, case, refusal="Choose a crisis type, and a severity unless there is no crisis.", status=400
        )
    services.case_label(case=case, expert=signed_in(request), **form.cleaned_data)
    return redirect("review:case_judge", case.pk)


def _judge(request: HttpRequest, case: ReviewCase) -> HttpResponse:
    form = VerdictForm(request.POST)
    at_once = not case.campaign.judge_first and selectors.judgement_of(case, signed_in(request)) is None
    label = LabelForm(request.POST) if at_once else None
    if not form.is_valid() or (label is not None and not label.is_valid()):
        return _page(
            request, case, refusal="Choose a verdict; a comment has at most 2,000 characters, a score is 1 to 5.",
            status=400,
        )  # fmt: skip
    said = {"case": case, "expert": signed_in(request), **form.said}
    if label is not None:
        services.case_judge_at_once(**said, **label.cleaned_data)
    else:
        services.case_judge(**said)
    return redirect("review:case_next", case.campaign_id)


def _page(request: HttpRequest, case: ReviewCase, *, refusal: str = "", status: int = 200) -> HttpResponse:
    person, campaign = signed_in(request), case.campaign
    record_access(actor=person, project=campaign.project, target=case, record=case.record_id)
    judgement = selectors.judgement_of(case, person)
    talks = may_discuss(case, person)
    # The prediction is not even in the page before the expert's own label is stored.
    shown = judgement is not None or talks or not campaign.judge_first
    context = {
        "case": case,
        "judgement": judgement,
        "is_open": campaign.state == Campaign.State.OPEN,
        "prediction": case.prediction if shown else None,
        "ranked": _ranked(case) if shown else [],
        "refusal": refusal,
        "progress": selectors.campaign_progress(campaign),
        "own": own_share(campaign, person),
        "types": [(kind, CRISIS_TYPE_LABELS[kind], TYPE_KEYS[kind]) for kind in CRISIS_TYPES],
        "severities": [(level, name, SEVERITY_KEYS[level]) for level, name in SEVERITY_LABELS.items()],
        "rubric": RUBRIC,
        "scores": range(1, 6),
        **(_discussion(request, case, judgement) if talks else {}),
    }
    return render(request, "review/case_judge.html", context, status=status)


def _discussion(request: HttpRequest, case: ReviewCase, judgement: Judgement | None) -> dict[str, object]:
    found = case_consensus(case)
    decides = can(signed_in(request), case.campaign.project, Capability.REVIEW_RESOLVE)
    return {
        "thread": thread_of(case, signed_in(request)),
        "consensus": found,
        "post_form": PostForm(),
        "resolution_form": ResolutionForm() if decides and found.is_split else None,
        **_feedback(case, judgement, found),
    }


def _feedback(case: ReviewCase, judgement: Judgement | None, found: Consensus) -> dict[str, object]:
    """What followed from the case, and the forms for more; the kind is filled in with what the experts hold it for."""
    own_type = judgement.correct_type if judgement else ""
    own_severity = judgement.correct_severity if judgement else None
    kind = {"crisis_type": found.crisis_type or own_type, "severity": found.severity or own_severity}
    followed = feedback_of(case)
    relabels = [one for one in followed if one.row.kind == Feedback.Kind.RELABEL]
    return {
        "followed": followed,
        "may_relabel": all(one.row.state == Feedback.State.DECLINED for one in relabels),
        "relabel_form": RelabelForm(),
        "note_form": NoteForm(project=case.campaign.project, initial={"section": kind["crisis_type"]}),
        "similar_form": SimilarForm(initial=kind | {"edge_case_kind": case.record.edge_case_kind}),
    }


def leave(request: HttpRequest, address: str) -> HttpResponse:
    """To another page: a redirect, or for a request from within a case the order to go there."""
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _ranked(case: ReviewCase) -> list[tuple[str, float]]:
    """The three most probable types, in order."""
    return sorted(case.prediction["probabilities"].items(), key=lambda pair: -pair[1])[:3]
