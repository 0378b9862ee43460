"""Pages of sessions: the list, one session's figures, its kept words, and what sessions may keep."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inference.access import get_session_for
from inference.forms_sessions import SessionPolicyForm, SessionResolveForm
from inference.presentation import filter_tabs
from inference.presentation_sessions import chart_of
from inference.selectors_sessions import SESSION_FILTERS, case_of_session, figures_of, sessions_of
from inference.services import PolicyRefused, session_alert_resolve, session_policy_change, session_policy_of
from inference.serving.turns import transcript_of
from inference.topics import sessions_topic
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access

_PAGE = 50
#: Turns of one page of a session, the newest ones first.
_TURNS = 200


@require_GET
def sessions(request: HubRequest) -> HttpResponse:
    """All sessions of the project: state, level, turns, last activity."""
    project = current_project(request)
    require(request.user, project, Capability.SCORE_VIEW)
    only = request.GET.get("only", "all")
    page = Paginator(sessions_of(project, only=only), _PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "tabs": filter_tabs(SESSION_FILTERS, only), "topic": sessions_topic(project.pk)}
    return render(request, "inference/sessions.html", context)


@require_GET
def session_detail(request: HubRequest, pk: uuid.UUID) -> HttpResponse:
    """One session: its level, its trend, its turns. No words."""
    session = get_session_for(request.user, pk)
    turns = list(figures_of(session).filter(number__gt=session.turns - _TURNS))
    may_respond = can(request.user, session.project, Capability.CASE_RESPOND)
    reads_text = can(request.user, session.project, Capability.RAWTEXT_VIEW)
    context = {
        "session": session,
        "turns": turns[::-1],
        "hidden": session.turns - len(turns),
        "last": turns[-1] if turns else None,
        "chart": chart_of(turns),
        "case": case_of_session(session) if can(request.user, session.project, Capability.CASE_VIEW) else None,
        "form": SessionResolveForm() if may_respond and session.alert_level != "none" else None,
        "has_transcript": reads_text and session.retention == session.Retention.TRANSCRIPT,
    }
    return render(request, "inference/session_detail.html", context)


@require_POST
def session_resolve(request: HubRequest, pk: uuid.UUID) -> HttpResponse:
    """Somebody has seen to what the session raised."""
    session = get_session_for(request.user, pk, Capability.CASE_RESPOND)
    form = SessionResolveForm(request.POST)
    if form.is_valid():
        session_alert_resolve(session_id=session.pk, actor=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, "Resolved up to here. A new alarm raises the session again.")
    else:
        messages.error(request, "Say in a few words what was done.")
    return redirect("inference:session_detail", pk=session.pk)


@never_cache
@require_GET
def session_text(request: HubRequest, pk: uuid.UUID) -> HttpResponse:
    """The kept words of a session under a transcript policy; noted in the audit chain."""
    session = get_session_for(request.user, pk, Capability.RAWTEXT_VIEW)
    kept = transcript_of(session) if session.retention == session.Retention.TRANSCRIPT else []
    lines = [(turn, text) for turn, text in kept if text is not None]
    if lines:
        record_access(actor=request.user, project=session.project, target=session, turns=len(lines))
    return render(request, "inference/session_text.html", {"session": session, "lines": lines})


@require_http_methods(["GET", "POST"])
def session_policy(request: HubRequest) -> HttpResponse:
    """What sessions of this project may keep; decided by the clinical lead."""
    project = current_project(request)
    require(request.user, project, Capability.SCORE_VIEW)
    policy = session_policy_of(project)
    form = SessionPolicyForm(request.POST or None, initial=SessionPolicyForm.initial_of(policy))
    status = 200
    if request.method == "POST":
        require(request.user, project, Capability.RETENTION_DECIDE)
        status = 422
        if form.is_valid():
            try:
                session_policy_change(project=project, actor=request.user, **form.decided)
            except PolicyRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, "Saved. It holds for sessions from now on.")
                return redirect("inference:session_policy")
    may_decide = can(request.user, project, Capability.RETENTION_DECIDE)
    context = {"policy": policy, "form": form if may_decide else None}
    return render(request, "inference/session_policy.html", context, status=status)
