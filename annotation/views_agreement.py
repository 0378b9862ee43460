"""Acts on a round's agreement: its figures as a file, and the two rounds that may follow from it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotation import services
from annotation.access import can_read_agreement, get_round_for
from annotation.errors import AnnotationError
from annotation.models import Round
from annotation.presentation import round_context
from annotation.selectors_agreement import agreement_of
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_export


@require_GET
def round_agreement(request: HubRequest, pk: int) -> HttpResponse:
    """Every agreement figure of the round as JSON; raters by pseudonym, samples by id, no text."""
    round = get_round_for(request.user, pk)
    if not can_read_agreement(request.user, round):
        raise PermissionDenied("Agreement stays hidden from annotators: labelling is blind.")
    about = {"round": round.number, "name": round.name, "state": round.state, "simulated": round.simulated}
    answer = JsonResponse({**about, **agreement_of(round)}, json_dumps_params={"indent": 1, "allow_nan": False})
    record_export(actor=request.user, project=round.project, what="agreement", target=round)
    answer["Content-Disposition"] = f'attachment; filename="agreement-round-{round.number}.json"'
    return answer


@require_POST
def round_retrain(request: HubRequest, pk: int) -> HttpResponse:
    """A draft retraining round on the disputed samples."""
    return _follow(request, pk, services.round_retrain, "A retraining round is ready. Look it over, then open it.")


@require_POST
def round_follow(request: HubRequest, pk: int) -> HttpResponse:
    """A draft round on fresh samples."""
    return _follow(request, pk, services.round_follow, "A round on fresh samples is ready. Look it over, then open it.")


def _follow(request: HubRequest, pk: int, act: Callable[..., Round], said: str) -> HttpResponse:
    round = get_round_for(request.user, pk, Capability.ROUND_MANAGE)
    try:
        made = act(round=round, actor=request.user)
    except AnnotationError as error:
        context = {**round_context(request.user, round), "refusal": str(error)}
        return render(request, "annotation/round_detail.html", context, status=error.status)
    messages.success(request, said)
    return redirect("annotation:round_detail", pk=made.pk)
