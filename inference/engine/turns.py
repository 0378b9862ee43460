"""Read what a client asks of a session: open one, add turns. Strict and bounded; no refusal repeats text."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from datasets_app.corpus.render import LAST_MESSAGES
from inference.engine.conversation import conversation_from
from inference.engine.errors import InputRefused

#: Turns of one request; a longer history is sent in several.
MAX_TURNS_AT_ONCE: Final = 10
#: What may come before the first new turn in its window.
MAX_CONTEXT: Final = LAST_MESSAGES - 1

KEEP_NOTHING, KEEP_WINDOW, KEEP_TRANSCRIPT = "none", "window", "transcript"
RETENTIONS: Final = (KEEP_NOTHING, KEEP_WINDOW, KEEP_TRANSCRIPT)
_REFERENCE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_ROLES = ("user", "assistant")

Message = dict[str, str]


@dataclass(frozen=True)
class OpenRequest:
    """What a new session shall be; `retention` "" leaves the choice to the project."""

    conversation_id: str
    locale: str
    retention: str


@dataclass(frozen=True)
class NewTurn:
    """One message to add; `turn_id` is the client's own, and makes a repetition harmless."""

    turn_id: uuid.UUID | None
    role: str
    content: str

    @property
    def message(self) -> Message:
        """As the engine reads it."""
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True)
class TurnsRequest:
    """New turns in order; `context` holds the messages before them, from clients whose session keeps no text."""

    turns: tuple[NewTurn, ...]
    context: tuple[Message, ...] | None


def open_from(data: Mapping[str, Any]) -> OpenRequest:
    """Check the request for a session. Raises InputRefused."""
    reference = data.get("conversation_id") or ""
    if not isinstance(reference, str) or (reference and not _REFERENCE.fullmatch(reference)):
        detail = "conversation_id is 1 to 64 letters, digits, dots, colons, dashes or underscores."
        raise InputRefused("bad_reference", detail, status=422)
    retention = data.get("retention") or ""
    if retention and retention not in RETENTIONS:
        raise InputRefused("bad_retention", f"retention is one of {', '.join(RETENTIONS)}.", status=422)
    probe = {"text": "-", "locale": data.get("locale")}
    return OpenRequest(reference, conversation_from(probe).locale, str(retention))


def turns_from(data: Mapping[str, Any]) -> TurnsRequest:
    """One turn (role, content, turn_id) or several under “turns”, with an optional “context”. Raises InputRefused."""
    several = data.get("turns")
    if several is None:
        items: list[Any] = [data]
    elif isinstance(several, list) and 1 <= len(several) <= MAX_TURNS_AT_ONCE:
        items = several
    else:
        raise InputRefused("bad_shape", f"“turns” is a list of 1 to {MAX_TURNS_AT_ONCE} turns.", status=422)
    turns = tuple(_turn(item, f"turns[{number}]") for number, item in enumerate(items))
    named = [turn.turn_id for turn in turns if turn.turn_id]
    if len(set(named)) < len(named):
        raise InputRefused("bad_turn_id", "Two turns of one request have the same turn_id.", status=422)
    return TurnsRequest(turns, _context(data.get("context")))


def _turn(item: object, where: str) -> NewTurn:
    if not isinstance(item, dict):
        raise InputRefused("bad_shape", f"{where} must be an object with role and content.", status=422)
    message = _message(item, where)
    return NewTurn(_turn_id(item.get("turn_id"), where), message["role"], message["content"])


def _turn_id(value: object, where: str) -> uuid.UUID | None:
    if value is None:
        return None
    try:
        return uuid.UUID(value) if isinstance(value, str) else _refuse_turn_id(where)
    except ValueError:
        return _refuse_turn_id(where)


def _refuse_turn_id(where: str) -> uuid.UUID:
    raise InputRefused("bad_turn_id", f"{where}.turn_id must be a UUID.", status=422)


def _context(value: object) -> tuple[Message, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_CONTEXT:
        raise InputRefused("bad_shape", f"“context” is a list of at most {MAX_CONTEXT} messages.", status=422)
    return tuple(_message(item, f"context[{number}]") for number, item in enumerate(value))


def _message(item: object, where: str) -> Message:
    role = item.get("role") if isinstance(item, dict) else None
    if role not in _ROLES:
        raise InputRefused("bad_role", f"{where}.role must be user or assistant.", status=422)
    try:
        return conversation_from({"messages": [item]}).messages[0]
    except InputRefused as refused:
        detail = refused.detail.replace("messages[0]", where)
        raise InputRefused(refused.code, detail, status=refused.status) from None
