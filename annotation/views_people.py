"""People and samples of a round that runs: invite somebody, take somebody out, add a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from annotation import services
from annotation.access import get_round_for
from annotation.errors import AnnotationError, NotAllowed
from annotation.forms_people import ExtendForm, InviteForm, LeaveForm
from annotation.models import Round
from annotation.presentation import round_context
from annotation.presentation_people import people_context
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability


@require_POST
def round_annotator_add(request: HubRequest, pk: int) -> HttpResponse:
    """Invite one more annotator."""
    round = get_round_for(request.user, pk, Capability.ROUND_MANAGE)
    form = InviteForm(request.POST, round=round)

    def act() -> str:
        person = form.chosen()
        services.round_annotator_add(round=round, person=person, actor=request.user)
        return f"{person} is an annotator of this round now."

    return _act(request, round, "invite", form, act)


@require_POST
def round_annotator_remove(request: HubRequest, pk: int) -> HttpResponse:
    """Take an annotator out; what they labelled stays, what they held goes to the others."""
    round = get_round_for(request.user, pk, Capability.ROUND_MANAGE)
    form = LeaveForm(request.POST, round=round)

    def act() -> str:
        person = form.chosen()
        freed = services.round_annotator_remove(round=round, person=person, actor=request.user)
        held = "1 sample that they held goes" if freed == 1 else f"{freed:,} samples that they held go"
        return f"{person} is out of this round. Their labels stay; {held} to others."

    return _act(request, round, "leave", form, act)


@require_POST
def round_extend(request: HubRequest, pk: int) -> HttpResponse:
    """Add one more batch of records that are in no round yet."""
    round = get_round_for(request.user, pk, Capability.ROUND_MANAGE)
    form = ExtendForm(request.POST)

    def act() -> str:
        added = services.round_extend(round=round, actor=request.user, **form.cleaned_data)
        return f"{added:,} more sample{'' if added == 1 else 's'}, as a batch of their own."

    return _act(request, round, "extend", form, act)


def _act(request: HubRequest, round: Round, name: str, form: Form, act: Callable[[], str]) -> HttpResponse:
    """Run the change that a valid form asks for; else show the round's page with what is wrong."""
    if not form.is_valid():
        return _page(request, round, 400, {name: form})
    try:
        said = act()
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except AnnotationError as error:
        return _page(request, round, error.status, {}, refusal=str(error))
    messages.success(request, said)
    return redirect("annotation:round_detail", pk=round.pk)


def _page(request: HubRequest, round: Round, status: int, forms: dict[str, Form], **more: Any) -> HttpResponse:
    context = {**round_context(request.user, round), **people_context(request.user, round, **forms), **more}
    return render(request, "annotation/round_detail.html", context, status=status)
