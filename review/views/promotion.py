"""Promotion: what is approved, what runs, what stands in the way; the freeze switch and the way back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from inference.selectors import deployments_of
from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from review import services
from review.access import get_version_for, require_one_of
from review.forms_signoff import FreezeForm
from review.models import PromotionFreeze
from review.refusal import Refused
from review.selectors import versions_of
from review.services.promotion import promotion_blocks
from review.topics import review_topic
from review.views.person import signed_in
from training_app.models import VersionState

#: Of earlier versions so many are looked at on the page; the ledger has all.
EARLIER = 5


@require_GET
def promotion(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require_one_of(signed_in(request), project, Capability.MODEL_VIEW, Capability.SIGNOFF_GOVERN)
    page = "review/_promotion.html" if getattr(request, "htmx", False) else "review/promotion.html"
    return render(request, page, _context(project))


def _context(project: Project) -> dict[str, Any]:
    versions = list(versions_of(project).prefetch_related("signoffs__signer").select_related("project", "run"))
    known = (VersionState.PRODUCTION, VersionState.APPROVED, VersionState.RETIRED)
    deployments = list(deployments_of(project)[:100])
    retired = [row for row in versions if row.state == VersionState.RETIRED][:EARLIER]
    approved = [row for row in versions if row.state == VersionState.APPROVED]
    running = next((row for row in deployments if row.retired_at is None), None)
    former = next(
        (
            row
            for row in deployments
            if row.retired_at and (not running or row.model_version_id != running.model_version_id)
        ),
        None,
    )
    return {
        "production": next((row for row in versions if row.state == VersionState.PRODUCTION), None),
        "running": running,
        "former": former,
        "approved": [{"version": row, "blocks": promotion_blocks(row)} for row in approved],
        "retired": [{"version": row, "blocks": promotion_blocks(row)} for row in retired],
        "others": [row for row in versions if row.state not in known],
        "deployments": deployments,
        "freeze": PromotionFreeze.objects.filter(project=project, lifted_at=None).select_related("frozen_by").first(),
        "topic": review_topic(project.pk),
    }


@require_POST
def version_promote(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_version_for(signed_in(request), pk, Capability.PROMOTE)
    try:
        services.version_promote(version=version, actor=signed_in(request))
    except Refused as refused:
        _say(request, refused)
    else:
        messages.success(request, f"Version {version.version} is in production.")
    return redirect("review:promotion")


@require_POST
def roll_back(request: HttpRequest) -> HttpResponse:
    """Back to what ran before."""
    try:
        deployment = services.roll_back(project=current_project(request), actor=signed_in(request))
    except Refused as refused:
        _say(request, refused)
    else:
        messages.success(request, f"Back to version {deployment.model_version.version}: it is in production.")
    return redirect("review:promotion")


@require_POST
def promotion_freeze(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.PROMOTION_FREEZE)
    return _switched(request, project, frozen=True)


@require_POST
def promotion_unfreeze(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.SIGNOFF_GOVERN)
    return _switched(request, project, frozen=False)


def _switched(request: HttpRequest, project: Project, *, frozen: bool) -> HttpResponse:
    form = FreezeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say in a few words why.")
        return redirect("review:promotion")
    act = services.promotion_freeze if frozen else services.promotion_unfreeze
    try:
        act(project=project, actor=signed_in(request), reason=form.cleaned_data["reason"])
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Promotions are frozen." if frozen else "Promotions go on.")
    return redirect("review:promotion")


def _say(request: HttpRequest, refused: Refused) -> None:
    for block in refused.blocks:
        messages.error(request, block.says)
