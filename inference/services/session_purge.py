"""Words whose time is over: sessions that fell silent are ended, kept transcripts go on their day."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from inference.models import ConversationSession, ConversationTurn
from inference.services.session_policies import session_policy_of
from inference.topics import sessions_topic
from pixelhub.accounts.models import Project
from pixelhub.audit.services import record
from pixelhub.live.services import touch

#: Sessions of one transaction.
_AT_ONCE = 500
_OPEN = ConversationSession.State.OPEN
_TRANSCRIPT = ConversationSession.Retention.TRANSCRIPT


@dataclass(frozen=True)
class Purged:
    """What one pass did: sessions ended for their silence, transcripts forgotten, texts deleted by both."""

    ended: int
    transcripts: int
    texts: int


def overdue(now: datetime) -> Q:
    """Sessions whose words should be gone by now."""
    return Q(state=_OPEN, expires_at__lte=now) | Q(text_until__lte=now)


def session_text_purge(*, now: datetime | None = None) -> Purged:
    """End what is silent and forget what is due, project by project; the audit chain holds the counts.

    Any number of processes may do this at once: each session is dealt with by one of them.
    """
    now = now or timezone.now()
    total = Purged(0, 0, 0)
    while True:
        due = ConversationSession.objects.filter(overdue(now)).values_list("pk", "project_id")[:_AT_ONCE]
        by_project: dict[int, list[uuid.UUID]] = defaultdict(list)
        for pk, project_id in due:
            by_project[project_id].append(pk)
        if not by_project:
            return total
        for project_id, ids in sorted(by_project.items()):
            done = _purge_project(project_id, ids, now)
            total = Purged(total.ended + done.ended, total.transcripts + done.transcripts, total.texts + done.texts)


@transaction.atomic
def _purge_project(project_id: int, ids: list[uuid.UUID], now: datetime) -> Purged:
    project = Project.objects.get(pk=project_id)
    keep_days = session_policy_of(project).transcripts_keep_days
    # In one order, so that two sweepers wait for each other instead of locking each other out.
    rows = ConversationSession.objects.select_for_update(no_key=True).filter(overdue(now), pk__in=ids).order_by("pk")
    ended, forgotten = [], []
    for session in rows:
        if session.state == _OPEN:
            ended.append(session)
            session.state, session.end_reason, session.ended_at = ConversationSession.State.ENDED, "idle", now
            # Counted from when it fell silent, not from when somebody noticed.
            session.text_until = session.expires_at + timedelta(days=keep_days)
        if session.retention != _TRANSCRIPT or (session.text_until is not None and session.text_until <= now):
            forgotten.append(session)
            session.text_until = None
    touched = {session.pk: session for session in (*ended, *forgotten)}
    if not touched:
        return Purged(0, 0, 0)
    ConversationSession.objects.bulk_update(touched.values(), ["state", "end_reason", "ended_at", "text_until"])
    ConversationTurn.objects.filter(session__in=[session.pk for session in ended]).update(analysis={})
    texts = ConversationTurn.objects.filter(session__in=[s.pk for s in forgotten], text__isnull=False).update(text=None)
    transcripts = sum(session.retention == _TRANSCRIPT for session in forgotten)
    payload = {"sessions_ended": len(ended), "transcripts_forgotten": transcripts, "texts_deleted": texts}
    record(action="session_text.purge", project=project, payload=payload)
    touch(sessions_topic(project_id))
    return Purged(len(ended), transcripts, texts)
