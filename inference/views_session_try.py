"""The live page: a person types a conversation and sees what is made of it. Its WebSocket has this way around it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from inference.access import get_own_session_for
from inference.engine.conversation import MAX_MESSAGE_CHARS, json_object
from inference.engine.errors import InputRefused
from inference.engine.turns import open_from, turns_from
from inference.forms import LOCALES
from inference.selectors import active_deployment
from inference.services import SessionRefused, session_end, session_open, session_policy_of
from inference.serving.console_turns import console_turns
from inference.serving.http import Problem
from inference.serving.session_state import session_json
from inference.serving.sessions import problem_of
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability

View = Callable[..., HttpResponse]


def refusals_as_json(view: View) -> View:
    """Answer refusals as the API does: problem+json with a code."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        try:
            return view(request, *args, **given)
        except InputRefused as refused:
            problem = Problem.of(refused)
        except SessionRefused as refused:
            problem = problem_of(refused)
        return JsonResponse(problem.body, status=problem.status, content_type="application/problem+json")

    return wrapped


@require_GET
def session_try(request: HubRequest) -> HttpResponse:
    """Type as user or assistant; every turn's analysis appears beside it."""
    project = current_project(request)
    require(request.user, project, Capability.SCORE_VIEW)
    context = {
        "deployment": active_deployment(project),
        "locales": LOCALES,
        "policy": session_policy_of(project),
        "max_chars": MAX_MESSAGE_CHARS,
        "may_see_cases": can(request.user, project, Capability.CASE_VIEW),
    }
    return render(request, "inference/session_try.html", context)


@never_cache
@require_POST
@refusals_as_json
def session_try_open(request: HubRequest) -> HttpResponse:
    """A session of one's own."""
    project = current_project(request)
    require(request.user, project, Capability.SCORE_VIEW)
    wanted = open_from(json_object(request.body))
    opened = session_open(project=project, person=request.user, locale=wanted.locale, retention=wanted.retention)
    return JsonResponse({"session": session_json(opened.session)}, status=201)


@never_cache
@require_POST
@refusals_as_json
def session_try_turns(request: HubRequest, pk: uuid.UUID) -> HttpResponse:
    """The analysis of one turn, or of several in order."""
    session = get_own_session_for(request.user, pk)
    answer = console_turns(session=session, request=turns_from(json_object(request.body)), user=request.user)
    return JsonResponse(answer)


@never_cache
@require_POST
def session_try_end(request: HubRequest, pk: uuid.UUID) -> HttpResponse:
    """It is over, and its words go at once; also sent when the page is left."""
    session = get_own_session_for(request.user, pk)
    ended = session_end(session_id=session.pk, reason="person", forget=True, actor=request.user)
    return JsonResponse({"session": session_json(ended)})
