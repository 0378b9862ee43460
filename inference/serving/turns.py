"""From new turns to what is scored, and from answers to what is kept: shared by HTTP, WebSocket and the page.

`look` reads, `windows_of` says what to score, `rows_of` joins answers and trend. None of them writes or scores.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from datasets_app.corpus.render import LAST_MESSAGES
from datasets_app.corpus.taxonomy import NONE_TYPE
from inference.engine.conversation import Conversation
from inference.engine.errors import InputRefused
from inference.engine.trend import FALLING, TREND_TURNS, Figure, raised_level, trend_of
from inference.engine.turns import KEEP_NOTHING, MAX_CONTEXT, Message, NewTurn, TurnsRequest
from inference.models import ConversationSession, ConversationTurn
from inference.services.sessions import SessionRefused, refuse_if_over
from pixelhub.sealing import SealBroken, Sealer, sealer_from

logger = logging.getLogger(__name__)

#: Why a window lacks some of what was said; such an answer is degraded and never reads as "no crisis".
CONTEXT_MISSING, TEXT_LOST, SESSION_AWAY = "window_incomplete", "window_lost", "session_unavailable"


@dataclass(frozen=True)
class Look:
    """A session as it was when its new turns came.

    `before` are the messages that stand before the first new turn; `fault` says why some of them are missing ("" when
    none is). `repeated` holds the turns of the request that have a place already.
    """

    session: ConversationSession | None
    repeated: Mapping[uuid.UUID, ConversationTurn]
    before: tuple[Message, ...]
    fault: str
    risks: tuple[Figure, ...] = ()
    eqs: tuple[Figure, ...] = ()

    @property
    def seen(self) -> int:
        """The number of the session's last turn."""
        return self.session.turns if self.session else 0


@cache
def _sealer(path: Path) -> Sealer:
    return sealer_from(path)


def sealer() -> Sealer:
    """What seals this installation's session texts."""
    return _sealer(settings.SESSION_TEXT_KEY_FILE)


def fingerprint_of(message: Message) -> str:
    """The keyed digest that stands for a message."""
    return sealer().fingerprint(f"{message['role']}:{message['content']}")


def look(session: ConversationSession, request: TurnsRequest, *, now: datetime | None = None) -> Look:
    """What is needed to judge the request's turns.

    Raises SessionRefused for a session that is over and for a turn_id that stands for another message, InputRefused
    for a context where the session has its own.
    """
    refuse_if_over(session, now or timezone.now())
    if request.context is not None and session.retention != KEEP_NOTHING:
        raise InputRefused("context_kept", "This session keeps its window: leave “context” out.", status=422)
    repeated = _repeated(session, request)
    # Answers are large and not needed here: decoding nine of them would cost more than all the rest.
    rows = session.turn_rows.filter(number__gt=session.turns - MAX_CONTEXT).defer("analysis")
    recent = list(rows.order_by("number"))
    before, fault = _before(session, recent, request)
    last = recent[-(TREND_TURNS - 1) :]
    eqs = [(turn.number, (turn.eq or {}).get("aggregate")) for turn in recent]
    return Look(
        session=session,
        repeated=repeated,
        before=before,
        fault=fault,
        risks=tuple(Figure(turn.number, turn.score, not turn.degraded) for turn in last),
        eqs=tuple(Figure(number, value) for number, value in eqs if value is not None)[-(TREND_TURNS - 1) :],
    )


def windows_of(seen: Look, turns: Sequence[NewTurn], *, locale: str = "") -> list[Conversation]:
    """The rolling window of each new turn: the last messages up to and with it."""
    session = seen.session
    windows = []
    for number in range(1, len(turns) + 1):
        messages = (*seen.before, *(turn.message for turn in turns[:number]))[-LAST_MESSAGES:]
        whole = number >= LAST_MESSAGES
        windows.append(
            Conversation(
                messages=messages,
                indices=tuple(range(len(messages))),
                locale=session.locale if session else locale,
                # Scores and cases of a session carry its name, so that its alarms join one case.
                conversation_id=session.reference if session else "",
                incomplete="" if whole else seen.fault,
            )
        )
    return windows


def rows_of(
    seen: Look, turns: Sequence[NewTurn], windows: Sequence[Conversation], answers: Sequence[dict[str, Any]]
) -> list[ConversationTurn]:
    """The rows of the new turns with their places, trends and levels; their `analysis` is what the client gets."""
    risks, eqs = list(seen.risks), list(seen.eqs)
    rows = []
    for number, (turn, window, answer) in enumerate(zip(turns, windows, answers, strict=True), start=seen.seen + 1):
        risks.append(Figure(number, answer["score"], not answer["degraded"]))
        if answer["eq"] and answer["eq"]["aggregate"] is not None:
            eqs.append(Figure(number, answer["eq"]["aggregate"]))
        risk_trend, eq_trend = trend_of(risks), trend_of(eqs, down=FALLING)
        row = _row(seen, number, turn, answer, at=len(window.messages) - 1)
        row.alert_level = raised_level(answer["alert_level"], risk_trend, answer["score"])
        row.raised_by_trend = row.alert_level != answer["alert_level"]
        row.risk_slope, row.risk_direction, row.eq_direction = (
            risk_trend.slope,
            risk_trend.direction,
            eq_trend.direction,
        )
        row.analysis = {
            "turn": number,
            "turn_id": str(turn.turn_id) if turn.turn_id else None,
            "role": turn.role,
            "alert_level": row.alert_level,
            "raised_by_trend": row.raised_by_trend,
            "trend": {"risk": risk_trend.as_json(), "eq": eq_trend.as_json()},
            "window": {
                "first_turn": number - len(window.messages) + 1,
                "messages": len(window.messages),
                "complete": not window.incomplete,
            },
            "analysis": answer,
        }
        rows.append(row)
    return rows


def transcript_of(session: ConversationSession) -> list[tuple[ConversationTurn, str | None]]:
    """Each turn with its words, None where they are gone or do not open."""
    return [(turn, _text_of(turn)) for turn in session.turn_rows.order_by("number")]


def _repeated(session: ConversationSession, request: TurnsRequest) -> dict[uuid.UUID, ConversationTurn]:
    named = {turn.turn_id: turn for turn in request.turns if turn.turn_id}
    if not named:
        return {}
    rows = session.turn_rows.filter(turn_id__in=list(named))
    found = {row.turn_id: row for row in rows if row.turn_id}
    for turn_id, row in found.items():
        if row.fingerprint != fingerprint_of(named[turn_id].message):
            raise SessionRefused("turn_id_reused", "This turn_id stands for another message of the session.")
    return found


def _before(
    session: ConversationSession, recent: Sequence[ConversationTurn], request: TurnsRequest
) -> tuple[tuple[Message, ...], str]:
    if session.retention == KEEP_NOTHING:
        given = request.context or ()
        tail = given[-len(recent) :] if recent else ()
        known = [fingerprint_of(message) for message in tail] == [turn.fingerprint for turn in recent]
        return given, "" if known else CONTEXT_MISSING
    messages: list[Message] = []
    for turn in reversed(recent):
        text = _text_of(turn)
        if text is None:
            return tuple(reversed(messages)), TEXT_LOST
        messages.append({"role": turn.role, "content": text})
    return tuple(reversed(messages)), ""


def _row(seen: Look, number: int, turn: NewTurn, answer: Mapping[str, Any], *, at: int) -> ConversationTurn:
    """`at` is where the turn stands in its window."""
    # Without a session nothing is stored: any name will do for the seal.
    session_id = seen.session.pk if seen.session else uuid.uuid4()
    return ConversationTurn(
        session_id=session_id,
        number=number,
        turn_id=turn.turn_id,
        role=turn.role,
        fingerprint=fingerprint_of(turn.message),
        text=sealer().seal(turn.content, context=_place(session_id, number)),
        evidence_id=uuid.UUID(answer["evidence_id"]),
        score=answer["score"],
        crisis=answer["crisis"],
        crisis_type=answer["crisis_type"] or NONE_TYPE,
        severity=answer["severity"],
        band=answer["band"],
        degraded=answer["degraded"],
        reason=(answer["reason"] or "")[:200],
        eq=answer["eq"],
        # Of this turn's own words; those of former turns are with former turns.
        bias=sorted({(each["kind"], each["level"]) for each in answer["bias_findings"] or () if each["message"] == at}),
        safety=answer["safety"]["score"] if answer["safety"] else None,
    )


def _text_of(turn: ConversationTurn) -> str | None:
    if turn.text is None:
        return None
    try:
        return sealer().unseal(bytes(turn.text), context=_place(turn.session_id, turn.number))
    except SealBroken as broken:
        logger.error("a turn of session %s does not open: %s", turn.session_id, broken)
        return None


def _place(session_id: uuid.UUID | None, number: int) -> str:
    return f"{session_id}/{number}"
