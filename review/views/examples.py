"""One conversation of an expert set: an expert rates it and is at the next one; a clinical lead decides a dispute."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES, SAFETY_LABELS, SEVERITY_LABELS
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access
from review import services
from review.access import get_example_for, get_expert_set_for
from review.expertsets.rubric import EXAMPLE_RUBRIC
from review.forms_expert_sets import DecisionForm, RatingForm
from review.models import ExpertExample, ExpertRating
from review.refusal import Refused
from review.selectors_expert_sets import set_progress
from review.views.cases import SEVERITY_KEYS, TYPE_KEYS, leave
from review.views.person import signed_in


@require_GET
def example_next(request: HttpRequest, pk: int) -> HttpResponse:
    """Give this person their next conversation; from within one it comes in its place."""
    found = get_expert_set_for(signed_in(request), pk, Capability.REVIEW_JUDGE)
    example = services.example_next(expert_set=found, expert=signed_in(request))
    if example is None:
        messages.success(request, "Nothing is left for you in this set. Thank you.")
        return leave(request, reverse("review:expert_set_detail", args=[found.pk]))
    return redirect("review:example_rate", example.pk)


@require_http_methods(["GET", "POST"])
def example_rate(request: HttpRequest, pk: int) -> HttpResponse:
    example = get_example_for(signed_in(request), pk)
    if request.method == "GET":
        return _page(request, example)
    form = RatingForm(request.POST)
    if not form.is_valid():
        says = "Choose a crisis type, and a severity unless there is no crisis; a score is 1 to 5."
        return _page(request, example, refusal=says, status=400)
    try:
        services.example_rate(example=example, expert=signed_in(request), **form.said)
    except Refused as refused:
        return _page(request, example, refusal=str(refused), status=409)
    return redirect("review:example_next", example.expert_set_id)


@require_http_methods(["GET", "POST"])
def example_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """What the experts said, under their pseudonyms, and the lead's word on it."""
    example = get_example_for(signed_in(request), pk, Capability.REVIEW_RESOLVE)
    ratings = example.said
    if len(ratings) < example.expert_set.raters:
        messages.error(request, "The others have not rated this conversation yet.")
        return redirect("review:expert_set_detail", example.expert_set_id)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.example_decide(example=example, actor=signed_in(request), **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Decided.")
            return redirect("review:expert_set_detail", example.expert_set_id)
    _seen(request, example)
    context = {
        "example": example,
        "ratings": [(rating, _scores(rating), _safety(rating)) for rating in ratings],
        "outcome": example.dispute,
        "decision": example.decided,
        "may_decide": example.dispute.disputed and not example.decided and not example.expert_set.is_frozen,
        "form": form,
    }
    return render(request, "review/example_decide.html", context, status=400 if form.errors else 200)


def _page(request: HttpRequest, example: ExpertExample, *, refusal: str = "", status: int = 200) -> HttpResponse:
    person = signed_in(request)
    _seen(request, example)
    own = ExpertRating.objects.filter(example=example, expert=person).first()
    context = {
        "example": example,
        "own": own,
        "own_scores": _scores(own) if own else [],
        "own_safety": _safety(own) if own else [],
        "is_open": not example.expert_set.is_frozen,
        "refusal": refusal,
        "progress": set_progress(example.expert_set, person),
        "types": [(kind, CRISIS_TYPE_LABELS[kind], TYPE_KEYS[kind]) for kind in CRISIS_TYPES],
        "severities": [(level, name, SEVERITY_KEYS[level]) for level, name in SEVERITY_LABELS.items()],
        "rubric": EXAMPLE_RUBRIC,
        "safety_labels": SAFETY_LABELS.items(),
        "scores": range(1, 6),
    }
    return render(request, "review/example_rate.html", context, status=status)


def _seen(request: HttpRequest, example: ExpertExample) -> None:
    record_access(
        actor=signed_in(request),
        project=example.expert_set.project,
        target=example.expert_set,
        example=example.pk,
        record=example.record_id,
    )


def _scores(rating: ExpertRating) -> list[tuple[str, Any]]:
    return [(scale.question, rating.rubric[scale.code]) for scale in EXAMPLE_RUBRIC if scale.code in rating.rubric]


def _safety(rating: ExpertRating) -> list[str]:
    return [SAFETY_LABELS.get(code, code) for code in rating.safety]
