"""A session for a signed-in person over plain HTTP: the same windows, places and trends as on the event loop."""

from __future__ import annotations

from typing import Any

from inference.engine.turns import TurnsRequest
from inference.models import ConversationSession
from inference.services import SessionMoved, SessionRefused, session_turns_add
from inference.serving import scoring
from inference.serving.console import console_score
from inference.serving.registry import Registry, registry
from inference.serving.sessions import ATTEMPTS, answer_json
from inference.serving.turns import look, rows_of, windows_of
from pixelhub.accounts.models import User


def console_turns(
    *, session: ConversationSession, request: TurnsRequest, user: User, models: Registry = registry
) -> dict[str, Any]:
    """What the API answers to these turns. Raises SessionRefused, InputRefused."""
    for _ in range(ATTEMPTS):
        session.refresh_from_db()
        seen = look(session, request)
        fresh = [turn for turn in request.turns if turn.turn_id not in seen.repeated]
        windows = windows_of(seen, fresh)
        scored = [
            console_score(conversation=window, project=session.project, user=user, models=models) for window in windows
        ]
        rows = rows_of(seen, fresh, windows, [scoring.answer(each, recorded=True) for each in scored])
        if not rows:
            return answer_json(session, request, seen.repeated, [])
        try:
            now = session_turns_add(session_id=session.pk, seen=seen.seen, rows=rows)
        except SessionMoved:
            continue
        return answer_json(now, request, seen.repeated, rows)
    raise SessionRefused("session_busy", "Many write to this session at once. Try again.")
