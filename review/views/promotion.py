"""Promotion and the ledger: what is approved, what runs, what ran when."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from inference.selectors import deployments_of
from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.roles import Capability
from review import services
from review.access import get_version_for
from review.refusal import Refused
from review.selectors import versions_of
from review.topics import review_topic
from review.views.person import signed_in
from training_app.models import VersionState


@require_GET
def promotion(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.MODEL_VIEW)
    versions = list(versions_of(project).prefetch_related("signoffs__signer"))
    context = {
        "production": next((row for row in versions if row.state == VersionState.PRODUCTION), None),
        "approved": [row for row in versions if row.state == VersionState.APPROVED],
        "retired": [row for row in versions if row.state == VersionState.RETIRED],
        "others": [
            row
            for row in versions
            if row.state not in (VersionState.PRODUCTION, VersionState.APPROVED, VersionState.RETIRED)
        ],
        "deployments": deployments_of(project)[:100],
        "topic": review_topic(project.pk),
    }
    page = "review/_promotion.html" if getattr(request, "htmx", False) else "review/promotion.html"
    return render(request, page, context)


@require_POST
def version_promote(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_version_for(signed_in(request), pk, Capability.PROMOTE)
    try:
        services.version_promote(version=version, actor=signed_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"Version {version.version} is in production.")
    return redirect("review:promotion")
