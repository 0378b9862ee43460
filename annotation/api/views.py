"""The labelling instrument's JSON. Errors are {"error": code, "message": sentence}; the browser shows the sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotation import services
from annotation.access import get_round_for, get_slot_for
from annotation.api.payloads import Claim, FlagIt, Skip, Submit, parse
from annotation.errors import AnnotationError
from annotation.models import Annotation, Round, Slot
from annotation.selectors import left_for, recent_annotations
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability

View = Callable[..., JsonResponse]


def json_view(view: View) -> View:
    """Answer every refusal in JSON. Signed out is a 401, not a redirect to a page that a program can't read."""

    @login_not_required
    @never_cache
    @wraps(view)
    def wrapped(request: HubRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        if not request.user.is_authenticated:
            return _error(401, "signed_out", "You are signed out. Your labels wait here until you sign in again.")
        try:
            return view(request, *args, **kwargs)
        except AnnotationError as error:
            return _error(error.status, error.code, str(error))
        except Http404:
            return _error(404, "not_found", "There is no such sample.")
        except PermissionDenied as error:
            return _error(403, "not_allowed", str(error) or "You may not do this.")

    return wrapped


@json_view
@require_POST
def claim(request: HubRequest, pk: int) -> JsonResponse:
    """The samples this person holds now, current first, with their text."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    wanted = parse(request, Claim)
    slots = services.slot_claim(round=round, annotator=request.user, want=wanted.want)
    return JsonResponse({"samples": [_sample(slot) for slot in slots], "progress": _progress(round, request.user)})


@json_view
@require_POST
def submit(request: HubRequest, pk: int) -> JsonResponse:
    """Take a label or an edit; the same client_uuid again gets the same answer."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    sent = parse(request, Submit)
    done = services.annotation_submit(
        slot=get_slot_for(request.user, round, sent.slot),
        annotator=request.user,
        client_uuid=sent.client_uuid,
        label=sent.label.as_input(),
        base_revision=sent.base_revision,
    )
    return JsonResponse(
        {"annotation": done.annotation_id, "revision": done.revision, "sha256": done.sha256, "replay": done.replay}
    )


@json_view
@require_POST
def skip(request: HubRequest, pk: int) -> JsonResponse:
    """Give a sample back."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    sent = parse(request, Skip)
    slot = get_slot_for(request.user, round, sent.slot)
    services.slot_skip(slot=slot, annotator=request.user, reason=sent.reason)
    return JsonResponse({"skipped": slot.pk})


@json_view
@require_POST
def flag(request: HubRequest, pk: int) -> JsonResponse:
    """Flag a sample for the clinical lead or for personal data."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    sent = parse(request, FlagIt)
    slot = get_slot_for(request.user, round, sent.slot)
    made = services.annotation_flag(item=slot.item, annotator=request.user, kind=sent.kind, note=sent.note)
    return JsonResponse({"flag": made.pk})


@json_view
@require_POST
def heartbeat(request: HubRequest, pk: int) -> JsonResponse:
    """Keep what is held; `held` tells how much is still this person's."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    return JsonResponse({"held": services.slot_heartbeat(round=round, annotator=request.user)})


@json_view
@require_GET
def recent(request: HubRequest, pk: int) -> JsonResponse:
    """This person's last labels, newest first: their own only."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    return JsonResponse({"labels": [_labelled(row) for row in recent_annotations(round, request.user)]})


def _sample(slot: Slot) -> dict[str, Any]:
    return {
        "slot": slot.pk,
        "position": slot.item.position,
        "lease_until": slot.lease_until.isoformat() if slot.lease_until else None,
        "messages": [{"role": m["role"], "content": m["content"]} for m in slot.item.record.messages],
    }


def _labelled(row: Annotation) -> dict[str, Any]:
    return {
        "sample": _sample_of(row),
        "revision": row.revision,
        "label": {
            "crisis_type": row.crisis_type,
            "severity": row.severity,
            "confidence": row.confidence,
            "secondary_types": row.secondary_types,
            "is_edge_case": row.is_edge_case,
            "edge_case_kind": row.edge_case_kind,
            "spans": row.spans,
            "about_someone_else": row.about_someone_else,
            "uncertain": row.uncertain,
            "note": row.note,
        },
    }


def _sample_of(row: Annotation) -> dict[str, Any]:
    messages = [{"role": m["role"], "content": m["content"]} for m in row.item.record.messages]
    return {"slot": row.slot_id, "position": row.item.position, "lease_until": None, "messages": messages}


def _progress(round: Round, user: Any) -> dict[str, int]:
    done = Slot.objects.filter(item__round=round, annotator=user, state=Slot.State.DONE).count()
    return {"done": done, "left": left_for(round, user)}


def _error(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": code, "message": message}, status=status)
