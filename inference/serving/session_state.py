"""Sessions as clients see them: state and trend, never a word of what was said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from inference.models import ConversationSession, ConversationTurn

#: Turns of one page of a session's state.
PAGE_TURNS = 100
_FIGURES = (
    "role",
    "score",
    "crisis",
    "crisis_type",
    "severity",
    "band",
    "alert_level",
    "raised_by_trend",
    "degraded",
    "reason",
    "risk_slope",
    "risk_direction",
    "eq",
    "eq_direction",
    "bias",
    "safety",
)


def session_json(session: ConversationSession, *, now: datetime | None = None) -> dict[str, Any]:
    """State and limits of a session."""
    over = session.is_over(now or timezone.now())
    return {
        "id": str(session.pk),
        "conversation_id": session.conversation_id or None,
        "reference": session.reference,
        "state": "ended" if over else "open",
        "retention": session.retention,
        "locale": session.locale or None,
        "turns": session.turns,
        "alert_level": session.alert_level,
        "peak_level": session.peak_level,
        "resolved_through": session.resolved_through,
        "started_at": _moment(session.started_at),
        "last_turn_at": _moment(session.last_turn_at),
        "expires_at": None if over else _moment(session.expires_at),
        "text_until": _moment(session.text_until),
    }


def trend_json(session: ConversationSession, *, after: int = 0) -> dict[str, Any]:
    """The figures of the turns after number `after`, a page at a time; `next_after` is null on the last page."""
    rows = list(session.turn_rows.filter(number__gt=after).defer("text", "analysis").order_by("number")[:PAGE_TURNS])
    more = bool(rows) and rows[-1].number < session.turns
    return {"turns": [turn_json(turn) for turn in rows], "next_after": rows[-1].number if more else None}


def turn_json(turn: ConversationTurn) -> dict[str, Any]:
    """One turn's figures."""
    return {
        "turn": turn.number,
        "turn_id": str(turn.turn_id) if turn.turn_id else None,
        **{name: getattr(turn, name) for name in _FIGURES},
        "evidence_id": str(turn.evidence_id),
        "at": _moment(turn.at),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None
