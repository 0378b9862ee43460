"""Turns that were judged already, for tests that are not about the judging."""

from __future__ import annotations

import uuid
from typing import Any

from inference.models import ConversationSession, ConversationTurn
from inference.serving.turns import fingerprint_of, sealer


def turn_row(session: ConversationSession, number: int, **changes: Any) -> ConversationTurn:
    """Turn `number` of the session, sealed as the service would; not saved."""
    content = changes.pop("content", f"words of turn {number}")
    role = changes.pop("role", "user")
    values = {
        "evidence_id": uuid.uuid4(),
        "score": 0.1,
        "crisis": False,
        "crisis_type": "none",
        "band": "none",
        "alert_level": "none",
        "risk_direction": "steady",
        "eq_direction": "steady",
        "analysis": {"turn": number},
        **changes,
    }
    return ConversationTurn(
        session_id=session.pk,
        number=number,
        role=role,
        fingerprint=fingerprint_of({"role": role, "content": content}),
        text=sealer().seal(content, context=f"{session.pk}/{number}"),
        **values,
    )
