"""Reads of sessions for people: state, levels and figures, never a word of what was said."""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet

from inference.models import Case, CaseState, ConversationSession, ConversationTurn
from pixelhub.accounts.models import Project

__all__ = ["SESSION_FILTERS", "case_of_session", "figures_of", "sessions_of", "sessions_of_case"]

#: The filters of the list: name -> condition.
SESSION_FILTERS: dict[str, Q] = {
    "all": Q(),
    "open": Q(state="open"),
    "alert": ~Q(alert_level="none"),
    "ended": Q(state="ended"),
}
_NOT_SHOWN = ("text", "analysis")


def sessions_of(project: Project, *, only: str = "all") -> QuerySet[ConversationSession]:
    """Sessions, the newest first; `only` is a key of SESSION_FILTERS, anything else shows all."""
    condition = SESSION_FILTERS.get(only, SESSION_FILTERS["all"])
    return ConversationSession.objects.filter(condition, project=project).select_related("api_key", "opened_by")


def figures_of(session: ConversationSession) -> QuerySet[ConversationTurn]:
    """The session's turns in order, without words and details."""
    return session.turn_rows.order_by("number").defer(*_NOT_SHOWN)


def case_of_session(session: ConversationSession) -> Case | None:
    """The case that waits for a person because of this session, else its newest one."""
    mine = Case.objects.filter(project_id=session.project_id, conversation_id=session.reference)
    return mine.exclude(state=CaseState.CLOSED).first() or mine.order_by("-opened_at").first()


def sessions_of_case(case: Case) -> QuerySet[ConversationSession]:
    """Sessions of the conversation that a case is about, the newest first."""
    wanted = Q(conversation_id=case.conversation_id) & ~Q(conversation_id="")
    prefix, _, own = case.conversation_id.partition(".")
    if prefix == "session" and (pk := _uuid(own)) is not None:
        wanted |= Q(pk=pk)
    return ConversationSession.objects.filter(wanted, project_id=case.project_id)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
