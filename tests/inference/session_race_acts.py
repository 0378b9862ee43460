"""What racing processes do to sessions, named by tests/inference/test_session_races.py."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from inference.engine.turns import NewTurn, TurnsRequest
from inference.models import ConversationSession, ConversationTurn
from inference.services import SessionRefused, session_end, session_open, session_text_purge
from inference.serving.console_turns import console_turns
from pixelhub.accounts.models import User
from tests.annotation.race_acts import own_world

SILENT = 12


def prepare() -> dict[str, Any]:
    """One person's sessions: one to write into, one to end, and some whose time is over, three of them with a turn."""
    world = own_world()
    person = world.user("clinical_lead")
    written, ended, *silent = [
        str(session_open(project=world.project, person=person).session.pk) for _ in range(2 + SILENT)
    ]
    for session in silent[:3]:
        _say(session, person.pk, str(uuid.uuid4()))
    ConversationSession.objects.filter(pk__in=silent).update(expires_at=timezone.now())
    return {"person": person.pk, "written": written, "ended": ended}


def act(role: str, session: str, person: int, turn_ids: list[str]) -> dict[str, int]:
    """As a writer: the number that each turn got. As an ender: say the first, then end. As a sweeper: what it did."""
    if role == "sweep":
        done = session_text_purge()
        return {"ended": done.ended, "texts": done.texts}
    numbers = _write(session, person, turn_ids if role == "write" else turn_ids[:1])
    if role == "end":
        session_end(session_id=uuid.UUID(session), reason="client", forget=False)
    return numbers


def look(sessions: list[str]) -> list[dict[str, Any]]:
    """What is stored of these sessions in the end."""
    return [_stored(ConversationSession.objects.get(pk=session)) for session in sessions]


def _stored(session: ConversationSession) -> dict[str, Any]:
    turns = ConversationTurn.objects.filter(session=session).order_by("number")
    return {
        "state": session.state,
        "turns": session.turns,
        "numbers": {str(turn.turn_id): turn.number for turn in turns},
        "windows": [turn.analysis["window"]["messages"] for turn in turns if turn.analysis],
        "texts": turns.filter(text__isnull=False).count(),
    }


def _write(session: str, person: int, turn_ids: list[str]) -> dict[str, int]:
    """Say each turn, trying again as clients do, as long as the session takes them."""
    numbers: dict[str, int] = {}
    for turn_id in turn_ids:
        while turn_id not in numbers:
            try:
                numbers[turn_id] = _say(session, person, turn_id)
            except SessionRefused as refused:
                if refused.code != "session_busy":
                    return numbers
    return numbers


def _say(session: str, person: int, turn_id: str) -> int:
    turn = NewTurn(uuid.UUID(turn_id), "user", f"words of {turn_id}")
    answer = console_turns(
        session=ConversationSession.objects.select_related("project").get(pk=session),
        request=TurnsRequest((turn,), None),
        user=User.objects.get(pk=person),
    )
    return int(answer["turns"][0]["turn"])
