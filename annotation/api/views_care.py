"""What the instrument asks and tells about the person at it, not about a sample."""

from __future__ import annotations

from django.http import JsonResponse
from django.views.decorators.http import require_POST

from annotation import services
from annotation.access import get_round_for
from annotation.api.payloads import Hard, TakeBreak, parse
from annotation.api.views import json_view
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability


@json_view
@require_POST
def take_break(request: HubRequest, pk: int) -> JsonResponse:
    """Begin a break; `seconds` is how long it lasts, at most: it may be ended early."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    offered = parse(request, TakeBreak).offered
    rest = services.break_take(project=round.project, annotator=request.user, offered=offered)
    return JsonResponse({"seconds": int((rest.until - rest.started_at).total_seconds())})


@json_view
@require_POST
def hard(request: HubRequest, pk: int) -> JsonResponse:
    """“This was hard”: told once, however often it arrives; the sample is not part of it."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    sent = parse(request, Hard)
    services.hard_moment_tell(
        project=round.project,
        annotator=request.user,
        client_uuid=sent.client_uuid,
        wants_contact=sent.wants_contact,
    )
    return JsonResponse({"told": True})
