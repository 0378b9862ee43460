"""Pages of the crisis protocol: the live board, and one case."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from inference import presentation_cases as presentation
from inference.access import get_case_for
from inference.models import Case, CaseKind, HandOver, OverrideReason
from inference.selectors_cases import (
    BOARD_FILTERS,
    board_cases,
    board_counts,
    case_clients,
    case_events,
    case_notes,
    case_scores,
    follow_ups_overdue,
    is_watched,
)
from inference.selectors_contacts import place_shown
from inference.selectors_sessions import sessions_of_case
from inference.topics import cases_topic
from pixelhub.accounts.access import capabilities, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability

_LABELS = {"open": "Open", "alarms": "Alarms", "unread": "Must be read", "mine": "Mine", "closed": "Closed"}


@never_cache
@require_GET
def case_board(request: HubRequest) -> HttpResponse:
    """What waits for a person, the gravest first; its lines alone for the live update."""
    project = current_project(request)
    require(request.user, project, Capability.CASE_VIEW)
    show = request.GET.get("show", "open")
    show = show if show in BOARD_FILTERS else "open"
    counts = board_counts(project, request.user)
    context = {
        "rows": presentation.rows_of(board_cases(project, request.user, show=show)),
        "show": show,
        "tabs": [
            {"label": _LABELS[name], "url": f"?show={name}", "current": name == show, "count": counts[name]}
            for name in BOARD_FILTERS
        ],
        "waiting": counts["open"],
        "follow_ups": follow_ups_overdue(project)[:20],
        "watched": is_watched(),
        "now_ms": int(timezone.now().timestamp() * 1000),
        "topic": cases_topic(project.pk),
        "may": capabilities(request.user, project),
    }
    template = "inference/_case_rows.html" if getattr(request, "htmx", False) else "inference/case_board.html"
    return render(request, template, context)


@never_cache
@require_GET
def case_detail(request: HubRequest, pk: int) -> HttpResponse:
    """One case: what was seen, what to do, who did what."""
    case = get_case_for(request.user, pk)
    template = "inference/_case.html" if getattr(request, "htmx", False) else "inference/case_detail.html"
    return render(request, template, case_context(case, request.user))


def case_context(case: Case, user: User) -> dict[str, Any]:
    """What the page of a case shows to this person."""
    granted = capabilities(user, case.project)
    scores = case_scores(case)
    signals = sorted({kind for event in scores if event.score for kind in event.score.signals})
    responds = Capability.CASE_RESPOND in granted
    holds = case.holder_id == user.pk
    alarm = case.kind == CaseKind.ALARM
    may_override = responds and (Capability.CASE_OVERRIDE in granted if alarm else holds)
    in_reach = case.is_waiting if not alarm else case.state in ("open", "acknowledged", "verified")
    return {
        "case": case,
        "row": presentation.row_of(case, timezone.now()),
        "drawing": presentation.drawing_of(scores),
        "scores": scores,
        "clients": case_clients(scores),
        "session": sessions_of_case(case).first() if Capability.SCORE_VIEW in granted else None,
        "signals": signals,
        "steps": presentation.steps_of(case, signals),
        "place": place_shown(case.locale),
        "events": case_events(case)[:200],
        "notes": case_notes(case, user),
        "handovers": case.handovers.select_related("handed_by", "follow_up_done_by"),
        "responds": responds,
        "holds": holds,
        "may_override": may_override and in_reach,
        "reasons": [
            choice for choice in OverrideReason.choices if alarm or choice[0] in ("no_danger", "test", "other")
        ],
        "receivers": HandOver.Receiver.choices,
        "topic": cases_topic(case.project_id),
        "now_ms": int(timezone.now().timestamp() * 1000),
        "watched": is_watched(),
    }
