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
from annotation.access import get_round_for, get_slot_for, get_slot_to_label
from annotation.api.answers import answer_of_claim, answer_of_heartbeat, answer_of_recent, answer_of_submit
from annotation.api.payloads import Beat, Claim, FlagIt, Release, Skip, Submit, parse
from annotation.errors import AnnotationError
from annotation.selectors import recent_annotations
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
            return _error(error.status, error.code, str(error), **error.details)
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
    work = services.work_claim(round=round, annotator=request.user, want=wanted.want, keep=wanted.keep)
    return JsonResponse(answer_of_claim(round, request.user, work))


@json_view
@require_POST
def submit(request: HubRequest, pk: int) -> JsonResponse:
    """Take a label or an edit; the same client_uuid again gets the same answer."""
    try:
        sent = parse(request, Submit)
    except AnnotationError:
        get_round_for(request.user, pk, Capability.ANNOTATE)  # who may not label here is told that first
        raise
    slot = get_slot_to_label(request.user, pk, sent.slot)
    done = services.annotation_submit(
        slot=slot,
        annotator=request.user,
        client_uuid=sent.client_uuid,
        label=sent.label.as_input(),
        base_revision=sent.base_revision,
    )
    return JsonResponse(answer_of_submit(slot.round, request.user, done))


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
    active = parse(request, Beat).active
    held = services.slot_heartbeat(round=round, annotator=request.user, active=active)
    return JsonResponse(answer_of_heartbeat(round, request.user, held))


@json_view
@require_POST
def release(request: HubRequest, pk: int) -> JsonResponse:
    """Give back what was handed out ahead: the annotator leaves the page."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    sent = parse(request, Release)
    released = services.slot_release(round=round, annotator=request.user, slots=sent.slots, until=sent.until)
    return JsonResponse({"released": released})


@json_view
@require_GET
def recent(request: HubRequest, pk: int) -> JsonResponse:
    """This person's last labels, newest first: their own only."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    return JsonResponse(answer_of_recent(list(recent_annotations(round, request.user))))


def _error(status: int, code: str, message: str, **details: Any) -> JsonResponse:
    return JsonResponse({"error": code, "message": message, **details}, status=status)
