"""The daily job and the command that delete words of ended sessions, and the race of two that sweep at once."""

from __future__ import annotations

import json
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from inference.models import ConversationSession, ConversationTurn
from inference.services import session_open, session_turns_add
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_enqueue
from tests.inference.rows import turn_row
from tests.personas import World


def silent_session(world: World, count: int = 2) -> ConversationSession:
    """A session with words that nobody spoke in for too long."""
    session = session_open(project=world.project).session
    rows = [turn_row(session, number) for number in range(1, count + 1)]
    session_turns_add(session_id=session.pk, seen=0, rows=rows)
    ConversationSession.objects.filter(pk=session.pk).update(expires_at=timezone.now())
    return session


def test_the_job_and_the_command_do_the_same(world: World) -> None:
    silent_session(world)
    job = job_enqueue(kind="inference.purge_sessions", params={}, project=None, owner=None)
    run_inline(job)
    job.refresh_from_db()
    assert job.state == "succeeded" and job.result == {"ended": 1, "transcripts": 0, "texts": 2}, job.error
    silent_session(world)
    silent_session(world, count=1)
    out = StringIO()
    call_command("purge_sessions", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"ended": 2, "transcripts": 0, "texts": 3}
    call_command("purge_sessions", stdout=out)
    assert "0 sessions ended, 0 transcripts forgotten, 0 texts deleted." in out.getvalue()
    assert not ConversationTurn.objects.filter(text__isnull=False).exists()
    # One event for each project and pass, none where nothing was done.
    assert AuditEvent.objects.filter(action="session_text.purge").count() == 2
