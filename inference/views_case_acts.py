"""What responders do with a case. A page posts a form; the board asks for JSON and shows what it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from inference import services
from inference.access import get_case_for, get_handover_for
from inference.models import Case
from inference.refusals import CaseInvalid, CaseRefused
from inference.views_cases import case_context
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability

Act = Callable[[HubRequest, Case], str]


def _act(request: HubRequest, pk: int, name: str, act: Act, capability: Capability) -> HttpResponse:
    """Do it, and say so; a refusal gives the page back as it is now, with the words that were typed."""
    case = get_case_for(request.user, pk, capability)
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    try:
        said, status = act(request, case), 200
    except CaseRefused as refused:
        said, status = str(refused), 400 if isinstance(refused, CaseInvalid) else 409
    if wants_json:
        return JsonResponse({"said": said}, status=status)
    if status == 200:
        messages.success(request, said)
        return redirect(case)
    context = case_context(get_case_for(request.user, pk), request.user)
    context |= {"refused": said, "refused_act": name, "typed": request.POST.dict()}
    return render(request, "inference/case_detail.html", context, status=status)


def _seen(request: HubRequest) -> int:
    given = request.POST.get("seen", "")
    return int(given) if given.isdecimal() and len(given) < 10 else -1


def _words(request: HubRequest) -> str:
    return request.POST.get("text", "")


@require_POST
def case_acknowledge(request: HubRequest, pk: int) -> HttpResponse:
    """Take the case."""

    def act(request: HubRequest, case: Case) -> str:
        services.case_acknowledge(case=case, actor=request.user)
        return f"Case {case.pk} is yours."

    return _act(request, pk, "acknowledge", act, Capability.CASE_RESPOND)


@require_POST
def case_take_over(request: HubRequest, pk: int) -> HttpResponse:
    """Take the case from the colleague who was shown to have it."""

    def act(request: HubRequest, case: Case) -> str:
        given = request.POST.get("holder", "")
        holder = int(given) if given.isdecimal() and len(given) < 10 else -1
        services.case_take_over(case=case, actor=request.user, from_holder=holder)
        return f"Case {case.pk} is yours."

    return _act(request, pk, "take_over", act, Capability.CASE_RESPOND)


@require_POST
def case_release(request: HubRequest, pk: int) -> HttpResponse:
    """Give the case back."""

    def act(request: HubRequest, case: Case) -> str:
        services.case_release(case=case, actor=request.user)
        return f"Case {case.pk} is open for a colleague. Its deadlines stay."

    return _act(request, pk, "release", act, Capability.CASE_RESPOND)


@require_POST
def case_verify(request: HubRequest, pk: int) -> HttpResponse:
    """It is a true alarm."""

    def act(request: HubRequest, case: Case) -> str:
        services.case_verify(case=case, actor=request.user)
        return "Verified: a true alarm. Note the hand-over, then close the case."

    return _act(request, pk, "verify", act, Capability.CASE_RESPOND)


@require_POST
def case_override(request: HubRequest, pk: int) -> HttpResponse:
    """There is no danger, and this is why."""

    def act(request: HubRequest, case: Case) -> str:
        reason = request.POST.get("reason", "")
        services.case_override(case=case, actor=request.user, reason=reason, text=_words(request), seen=_seen(request))
        return "Overridden. Close the case with a note, or reopen it."

    return _act(request, pk, "override", act, Capability.CASE_RESPOND)


@require_POST
def case_close(request: HubRequest, pk: int) -> HttpResponse:
    """Close the case with a note."""

    def act(request: HubRequest, case: Case) -> str:
        services.case_close(case=case, actor=request.user, text=_words(request), seen=_seen(request))
        return f"Case {case.pk} is closed."

    return _act(request, pk, "close", act, Capability.CASE_RESPOND)


@require_POST
def case_reopen(request: HubRequest, pk: int) -> HttpResponse:
    """Open the case again, with a reason."""

    def act(request: HubRequest, case: Case) -> str:
        services.case_reopen(case=case, actor=request.user, text=_words(request))
        return f"Case {case.pk} is open again."

    return _act(request, pk, "reopen", act, Capability.CASE_RESPOND)


@require_POST
def case_note(request: HubRequest, pk: int) -> HttpResponse:
    """Add a clinical note."""

    def act(request: HubRequest, case: Case) -> str:
        services.case_note(case=case, actor=request.user, text=_words(request))
        return "Noted."

    return _act(request, pk, "note", act, Capability.CASE_RESPOND)


@require_POST
def handover_record(request: HubRequest, pk: int) -> HttpResponse:
    """Note to whom the person was handed over."""

    def act(request: HubRequest, case: Case) -> str:
        services.handover_record(
            case=case,
            actor=request.user,
            receiver=request.POST.get("receiver", ""),
            receiver_name=request.POST.get("receiver_name", ""),
            follow_up_due=_moment(request.POST.get("follow_up_due", "")),
        )
        return "The hand-over is noted."

    return _act(request, pk, "hand_over", act, Capability.CASE_RESPOND)


@require_POST
def handover_step(request: HubRequest, pk: int) -> HttpResponse:
    """Accepted, contact confirmed, follow-up done."""
    handover = get_handover_for(request.user, pk)

    def act(request: HubRequest, case: Case) -> str:
        services.handover_step(handover=handover, actor=request.user, step=request.POST.get("step", ""))
        return "Noted."

    return _act(request, handover.case_id, "hand_over", act, Capability.CASE_RESPOND)


def _moment(text: str) -> datetime | None:
    """A local time of a form's field; None for an empty one. Raises `CaseInvalid`."""
    if not text.strip():
        return None
    try:
        moment = parse_datetime(text.strip())
        if moment is not None:
            return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
    except (ValueError, OverflowError):
        pass
    raise CaseInvalid("follow_up_due", "Write the time of the follow-up as 2026-12-24 14:30.")
