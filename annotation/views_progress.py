"""A round's progress: the board for those who lead, one's own figures for an annotator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation import services
from annotation.access import can_read_agreement, get_round_for
from annotation.charts_progress import burndown_svg
from annotation.errors import AnnotationError, NotAllowed
from annotation.models import Round
from annotation.selectors_progress import board_of, own_line
from annotation.selectors_suggestions import switch_rates
from pixelhub.accounts.access import can
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability


@require_GET
def round_progress(request: HubRequest, pk: int) -> HttpResponse:
    """How far the round is."""
    round = get_round_for(request.user, pk)
    return render(request, "annotation/round_progress.html", _context(request, round))


@require_GET
def round_board(request: HubRequest, pk: int) -> HttpResponse:
    """The live part of the page."""
    round = get_round_for(request.user, pk)
    return render(request, "annotation/_round_board.html", _context(request, round))


@require_GET
def round_burndown(request: HubRequest, pk: int) -> HttpResponse:
    """Labels still missing per day, as SVG."""
    round = get_round_for(request.user, pk)
    if not can_read_agreement(request.user, round):
        raise PermissionDenied("Only those who lead the round see how it goes as a whole.")
    return HttpResponse(burndown_svg(board_of(round)), content_type="image/svg+xml")


@require_POST
def round_ask_more(request: HubRequest, pk: int) -> HttpResponse:
    """Ask one more person about every sample whose labels differ so far."""
    round = get_round_for(request.user, pk, Capability.ROUND_MANAGE)
    try:
        asked = services.disagreements_ask_more(round=round, actor=request.user)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except AnnotationError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"One more person is asked about {asked} sample{'' if asked == 1 else 's'}.")
    return redirect("annotation:round_progress", pk=pk)


def _context(request: HubRequest, round: Round) -> dict[str, Any]:
    context: dict[str, Any] = {"round": round, "topic": f"project:{round.project_id}:rounds"}
    if not can_read_agreement(request.user, round):
        return {**context, "own": own_line(round, request.user)}
    board = board_of(round)
    finish = board.finish
    today = timezone.localdate()
    context.update(
        board=board,
        groups=[("Batches", board.batches), ("Annotators", board.people)],
        switches=switch_rates(round),
        may_ask=can(request.user, round.project, Capability.ROUND_MANAGE) and round.state == Round.State.OPEN,
    )
    if finish is not None and board.total.remaining:
        context["ends"] = {
            name: None if days is None else today + timedelta(days=days)
            for name, days in (("low", finish.low), ("middle", finish.middle), ("high", finish.high))
        }
    return context
