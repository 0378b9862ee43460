"""Variations: the queue with its figures, and one child beside its parent with one question."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from datasets_app.access import HubRequest, get_variation_for
from datasets_app.corpus.dedup.difference import side_by_side
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES, SEVERITY_LABELS
from datasets_app.forms_augmentation import VariationForm
from datasets_app.models import Variation
from datasets_app.selectors_augmentation import variation_figures, waiting_in
from datasets_app.services import variations as services
from datasets_app.services.errors import AugmentationRefused
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access

_TYPE_KEYS = dict(zip(CRISIS_TYPES, "1234567", strict=True))
_SEVERITY_KEYS = dict(zip(SEVERITY_LABELS, "qwert", strict=True))
_PASSED = "variations_passed"
_MOST_PASSED = 50


@require_GET
def variations(request: HubRequest) -> HttpResponse:
    """What waits, what was decided, and how often the label held; no words."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_VIEW)
    context = {
        "project": project,
        "figures": variation_figures(project),
        "waiting": waiting_in(project).count(),
        "may_judge": can(request.user, project, Capability.REVIEW_JUDGE),
    }
    return render(request, "datasets/variations.html", context)


@require_GET
@never_cache
def variation_next(request: HubRequest) -> HttpResponse:
    """Give this person the next one."""
    project = current_project(request)
    require(request.user, project, Capability.REVIEW_JUDGE)
    require(request.user, project, Capability.RAWTEXT_VIEW)
    found = services.variation_claim(
        project=project, actor=request.user, after=request.session.get(_PASSED, [])
    ) or services.variation_claim(project=project, actor=request.user)
    if found is None:
        messages.success(request, "Nothing is left for you here. Thank you.")
        return redirect("datasets:variations")
    return redirect("datasets:variation_review", pk=found.pk)


@require_http_methods(["GET", "POST"])
@never_cache
def variation_review(request: HubRequest, pk: int) -> HttpResponse:
    """A child beside its parent: the label holds, changes, or it is not usable."""
    variation = get_variation_for(request.user, pk)
    if request.method == "GET":
        return _page(request, variation)
    form = VariationForm(request.POST)
    if not form.is_valid():
        return _page(
            request, variation, refusal="Say whether the label holds, changes, or it is not usable.", status=422
        )
    try:
        services.variation_decide(variation=variation, actor=request.user, **form.said())
    except AugmentationRefused as refused:
        variation.refresh_from_db()
        return _page(request, variation, refusal=str(refused), status=409)
    return redirect("datasets:variation_next")


@require_POST
def variation_pass(request: HubRequest, pk: int) -> HttpResponse:
    """Leave one to somebody else and take the next."""
    variation = get_variation_for(request.user, pk)
    services.variation_pass(variation=variation, actor=request.user)
    request.session[_PASSED] = [*request.session.get(_PASSED, []), pk][-_MOST_PASSED:]
    return redirect("datasets:variation_next")


def _page(request: HubRequest, variation: Variation, *, refusal: str = "", status: int = 200) -> HttpResponse:
    record_access(actor=request.user, project=variation.project, target=variation, record=variation.parent_id)
    unchanged = variation.parent.content_hash == variation.parent_content_hash
    parent_turns, child_turns = side_by_side(variation.parent.messages, variation.content())
    figures = variation_figures(variation.project)
    context = {
        "variation": variation,
        "project": variation.project,
        "parent": variation.parent,
        "parent_turns": parent_turns,
        "child_turns": child_turns,
        "parent_unchanged": unchanged,
        "steps": variation.row["metadata"]["augmentation"]["steps"],
        "is_waiting": variation.state == Variation.State.WAITING,
        "decided": figures[-1]["decided"] if figures else 0,
        "total": figures[-1]["decided"] + figures[-1]["waiting"] if figures else 0,
        "types": [(kind, CRISIS_TYPE_LABELS[kind], _TYPE_KEYS[kind]) for kind in CRISIS_TYPES],
        "severities": [(level, name, _SEVERITY_KEYS[level]) for level, name in SEVERITY_LABELS.items()],
        "refusal": refusal,
        "given": request.POST,
    }
    return render(request, "datasets/variation_review.html", context, status=status)
