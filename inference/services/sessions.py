"""Sessions: opened, continued, ended."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from datasets_app.corpus.taxonomy import ALERT_LEVELS
from inference.engine.turns import KEEP_NOTHING, KEEP_TRANSCRIPT, KEEP_WINDOW, MAX_CONTEXT
from inference.models import ConversationSession, ConversationTurn
from inference.models.sessions import LONGEST_DAYS
from inference.services.session_policies import session_policy_of
from inference.topics import sessions_topic
from pixelhub.audit.services import record
from pixelhub.live.services import touch

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

#: A session takes no more turns than this; nobody talks that long without a pause.
MAX_TURNS = 5_000


class SessionRefused(Exception):
    """The act does not fit the session as it is: `code` for programs, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class SessionMoved(Exception):
    """Somebody else added a turn meanwhile: look again and judge the new window."""


@dataclass(frozen=True)
class Opened:
    """A session, and whether it was there already (the same conversation, still open)."""

    session: ConversationSession
    was_open: bool


def session_open(
    *,
    project: Project,
    conversation_id: str = "",
    locale: str = "",
    retention: str = "",
    api_key_id: int | None = None,
    person: User | None = None,
) -> Opened:
    """Open a session, or find the open one of the same `conversation_id` (a client whose answer was lost asks again).

    Raises SessionRefused when the project's policy does not allow `retention`.
    """
    now = timezone.now()
    policy = session_policy_of(project)
    retention = retention or (KEEP_WINDOW if policy.window_allowed else KEEP_NOTHING)
    if retention == KEEP_WINDOW and not policy.window_allowed:
        raise SessionRefused("retention_refused", "This project keeps no windows: send the context with each turn.")
    if retention == KEEP_TRANSCRIPT and not policy.transcripts_allowed(now):
        raise SessionRefused("retention_refused", "This project has no policy that allows transcripts now.")
    if conversation_id and person is None:
        found = _open_one(project, conversation_id, now)
        if found is not None:
            return Opened(found, was_open=True)
    try:
        with transaction.atomic():
            session = ConversationSession.objects.create(
                project=project,
                api_key_id=api_key_id,
                opened_by=person,
                conversation_id=conversation_id,
                locale=locale,
                retention=retention,
                started_at=now,
                expires_at=now + timedelta(minutes=policy.idle_minutes),
            )
            payload = {"retention": retention, "api_key": api_key_id}
            record(action="session.open", actor=person, project=project, target=session, payload=payload)
            touch(sessions_topic(project.pk))
    except IntegrityError:  # the same conversation was opened in this very moment
        found = _open_one(project, conversation_id, now)
        if found is None:
            raise
        return Opened(found, was_open=True)
    return Opened(session, was_open=False)


@transaction.atomic
def session_turns_add(
    *, session_id: uuid.UUID, seen: int, rows: Sequence[ConversationTurn], now: datetime | None = None
) -> ConversationSession:
    """Give turns their places after turn number `seen`, and the session its level.

    Raises SessionMoved when `seen` is not the last turn any more, SessionRefused for a session that is over or full.
    """
    now = now or timezone.now()
    session = ConversationSession.objects.select_for_update(no_key=True).select_related("project").get(pk=session_id)
    refuse_if_over(session, now)
    if session.turns != seen:
        raise SessionMoved
    last = seen + len(rows)
    if last > MAX_TURNS:
        raise SessionRefused("session_full", f"A session takes at most {MAX_TURNS} turns. Open another one.")
    if session.retention == KEEP_NOTHING:
        for row in rows:
            row.text = None
    ConversationTurn.objects.bulk_create(rows)
    if session.retention == KEEP_WINDOW:
        old = session.turn_rows.filter(number__lte=last - MAX_CONTEXT, text__isnull=False)
        old.update(text=None)
    before = session.alert_level
    session.alert_level = gravest([before, *(row.alert_level for row in rows)])
    session.peak_level = gravest([session.peak_level, session.alert_level])
    session.turns, session.last_turn_at = last, now
    idle_end = now + timedelta(minutes=session_policy_of(session.project).idle_minutes)
    session.expires_at = min(idle_end, session.started_at + timedelta(days=LONGEST_DAYS))
    session.save(update_fields=["alert_level", "peak_level", "turns", "last_turn_at", "expires_at"])
    if session.alert_level != before:
        touch(sessions_topic(session.project_id))
    return session


@transaction.atomic
def session_end(
    *, session_id: uuid.UUID, reason: str, forget: bool, actor: User | None = None, now: datetime | None = None
) -> ConversationSession:
    """End a session. Its words go now; only a transcript stays for the policy's days, unless `forget`.

    Ending an ended session changes nothing but what `forget` says. Returns the session.
    """
    now = now or timezone.now()
    session = ConversationSession.objects.select_for_update(no_key=True).select_related("project").get(pk=session_id)
    was_open = session.state == ConversationSession.State.OPEN
    keeps = session.retention == KEEP_TRANSCRIPT and not forget
    if was_open:
        session.state, session.end_reason, session.ended_at = ConversationSession.State.ENDED, reason, now
        days = session_policy_of(session.project).transcripts_keep_days
        session.text_until = now + timedelta(days=days) if keeps else None
        session.turn_rows.update(analysis={})
    texts = 0
    if not keeps:
        texts = session.turn_rows.filter(text__isnull=False).update(text=None)
        session.text_until = None
    session.save(update_fields=["state", "end_reason", "ended_at", "text_until"])
    if was_open or texts:
        payload = {"reason": reason, "turns": session.turns, "texts_deleted": texts, "was_open": was_open}
        record(action="session.end", actor=actor, project=session.project, target=session, payload=payload)
        touch(sessions_topic(session.project_id))
    return session


def refuse_if_over(session: ConversationSession, now: datetime) -> None:
    """Raise SessionRefused when the session takes no more turns."""
    if session.is_over(now):
        detail = "This session has ended. Open another one; its first turns may be the last messages of this one."
        raise SessionRefused("session_ended", detail)


def gravest(levels: Sequence[str]) -> str:
    """The gravest of some alert levels."""
    return min(levels, key=ALERT_LEVELS.index)


def _open_one(project: Project, conversation_id: str, now: datetime) -> ConversationSession | None:
    """The open session of a conversation; one that has run out is ended first, so that it does not stand in the way."""
    found = ConversationSession.objects.filter(
        project=project, conversation_id=conversation_id, opened_by=None, state=ConversationSession.State.OPEN
    ).first()
    if found is not None and found.is_over(now):
        session_end(session_id=found.pk, reason="idle", forget=False, now=now)
        return None
    return found
