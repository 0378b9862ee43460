"""Getters that check permission: a non-member gets 404, a member without the capability 403."""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404

from inference.models import Alert, Case, ConversationSession, HandOver, ScoreLog
from pixelhub.accounts.access import reached, require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability

__all__ = [
    "get_alert_for",
    "get_case_for",
    "get_handover_for",
    "get_own_session_for",
    "get_score_for",
    "get_session_for",
]


def get_score_for(user: User, pk: uuid.UUID | str) -> ScoreLog:
    """One score with what belongs to it. Raises Http404 for malformed ids too."""
    try:
        wanted = uuid.UUID(str(pk))
    except ValueError:
        raise Http404("No such score.") from None
    related = ("project", "deployment", "deployment__model_version", "api_key", "scored_by", "batch")
    score = ScoreLog.objects.select_related(*related).filter(pk=wanted).first()
    if score is None:
        raise Http404("No such score.")
    require(user, score.project, Capability.SCORE_VIEW)
    return score


def get_session_for(user: User, pk: uuid.UUID, capability: Capability = Capability.SCORE_VIEW) -> ConversationSession:
    """One session of a project of the user's."""
    session = ConversationSession.objects.select_related("project", "api_key", "opened_by").filter(pk=pk).first()
    if session is None:
        raise Http404("No such session.")
    require(user, session.project, capability)
    return session


def get_own_session_for(user: User, pk: uuid.UUID) -> ConversationSession:
    """A session that the user opened on the live page; nobody else writes into it, whatever their role."""
    session = get_session_for(user, pk)
    if session.opened_by_id != user.pk:
        raise PermissionDenied("Only who opened this conversation writes into it.")
    return session


def get_case_for(user: User, pk: int, capability: Capability = Capability.CASE_VIEW) -> Case:
    """One case, with the people in it. Raises Http404, PermissionDenied."""
    case = Case.objects.select_related("project", "holder", "decided_by", "closed_by").filter(pk=pk).first()
    if case is None:
        raise Http404("No such case.")
    require(user, case.project, capability)
    return case


def get_handover_for(user: User, pk: int) -> HandOver:
    """One hand-over that this responder may go on with. Raises Http404, PermissionDenied."""
    handover = HandOver.objects.select_related("case__project").filter(pk=pk).first()
    if handover is None:
        raise Http404("No such hand-over.")
    require(user, handover.case.project, Capability.CASE_RESPOND)
    return handover


def get_alert_for(user: User, pk: int) -> Alert:
    """One alert of a project whose figures the user may see. Raises Http404, PermissionDenied."""
    alerts = Alert.objects.select_related("project", "acknowledged_by")
    return reached(user, alerts, pk, "alert", Capability.CASE_FIGURES)
