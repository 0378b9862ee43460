"""The evidence bundle of a version as a file."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from review.access import get_version_for
from review.refusal import Refused
from review.services import evidence_export
from review.views.person import signed_in


@require_POST
def evidence_bundle(request: HttpRequest, pk: int) -> HttpResponse:
    """Hashes only, without the weights: those are for the command line. Each download is an event."""
    user = signed_in(request)
    version = get_version_for(user, pk)
    try:
        data = evidence_export(version=version, actor=user)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("training:version_detail", pk=version.pk)
    response = HttpResponse(data, content_type="application/zip")
    name = f"evidence-{version.project.slug}-{version.version}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
