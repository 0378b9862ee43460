"""A session's level while people look after it: what a case settles, what a case brings back, what a person resolves.

Nothing but a person lowers it. Sessions are locked before the audit's head, and after the case, as everywhere.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import QuerySet

from datasets_app.corpus.taxonomy import AlertLevel
from inference.models import Case, ConversationSession
from inference.selectors_sessions import sessions_of_case
from inference.services.sessions import gravest
from inference.topics import sessions_topic
from pixelhub.accounts.access import require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch

if TYPE_CHECKING:
    from pixelhub.accounts.models import User


@transaction.atomic
def session_alert_resolve(*, session_id: uuid.UUID, actor: User, reason: str) -> ConversationSession:
    """Somebody has seen to what the session raised so far: its level counts from the next turn on."""
    session = ConversationSession.objects.select_for_update(no_key=True).select_related("project").get(pk=session_id)
    require(actor, session.project, Capability.CASE_RESPOND)
    resolved = session.alert_level
    _settle(session)
    payload = {"level": resolved, "through_turn": session.turns, "reason": reason}
    record(action="session.resolve", actor=actor, project=session.project, target=session, payload=payload)
    touch(sessions_topic(session.project_id))
    return session


def session_alerts_settle(*, case: Case) -> None:
    """The case is being closed: what its session raised so far is resolved. In the caller's transaction, unaudited:
    the closing of the case is the act.
    """
    for session in _locked_sessions(case):
        _settle(session)


def session_alerts_return(*, case: Case) -> None:
    """The case is open again, and so is its session's alert."""
    for session in _locked_sessions(case):
        session.alert_level = gravest([session.alert_level, case.level])
        session.save(update_fields=["alert_level"])


def _settle(session: ConversationSession) -> None:
    session.alert_level, session.resolved_through = AlertLevel.NONE.value, session.turns
    session.save(update_fields=["alert_level", "resolved_through"])


def _locked_sessions(case: Case) -> QuerySet[ConversationSession]:
    if not connection.in_atomic_block:
        raise RuntimeError("a session is locked inside the transaction of the act")
    return sessions_of_case(case).select_for_update(no_key=True).order_by("pk")
