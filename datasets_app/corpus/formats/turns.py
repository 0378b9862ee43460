"""Collecting the turns of a dialogue and, beside them, whatever is not dialogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.text import clean_text

from .record import first_of

_USER: Final = ("user", "human", "client", "patient", "seeker", "usr", "customer", "prompter", "caller", "texter")
_ASSISTANT: Final = (
    *("assistant", "gpt", "bot", "model", "chatgpt", "ai", "chatbot", "agent"),
    *("therapist", "counselor", "counsellor", "supporter", "psychologist", "clinician", "listener"),
)
ROLE_OF: Final[dict[str, str]] = (
    dict.fromkeys(_USER, "user") | dict.fromkeys(_ASSISTANT, "assistant") | {"system": "system", "developer": "system"}
)
# Machine turns are no part of what was said; they are kept beside the dialogue.
_MACHINE_ROLES: Final = frozenset(
    {"tool", "function", "function_call", "observation", "ipython", "tool_call", "tool_response"}
)
_ROLE_KEYS: Final = ("role", "from", "speaker")
_CONTENT_KEYS: Final = ("content", "value", "text")
_PART_TEXT_KEYS: Final = ("text", "value", "content")


class Turns:
    """Messages in order; `non_text` keeps what is not text with the number of its turn, `empty` the silent turns."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self.non_text: list[dict[str, Any]] = []
        self.empty: list[int] = []
        self.read = 0

    def add(self, role: str, content: Any, extra: Mapping[str, Any] | None = None) -> None:
        """Add the next turn. Raises RowRejected for a speaker or a content of an unknown kind."""
        self.read += 1
        position = self.read
        text, parts = _text_of(content, position)
        name = role.strip().lower()
        if extra:
            self.non_text.append({"turn": position, "fields": dict(extra)})
        if parts:
            self.non_text.append({"turn": position, "parts": parts})
        if name in _MACHINE_ROLES:
            self.non_text.append({"turn": position, "role": name, "content": text})
            return
        if name not in ROLE_OF:
            raise RowRejected("unknown_role", f"turn {position} has a role that is not known")
        cleaned = clean_text(text)
        if cleaned:
            self.messages.append({"role": ROLE_OF[name], "content": cleaned})
        elif not parts:
            self.empty.append(position)

    def add_system(self, content: Any) -> bool:
        """Add a row's own `system` field as the opening message; False where it holds no text."""
        if not isinstance(content, str) or not (cleaned := clean_text(content)):
            return False
        self.messages.append({"role": "system", "content": cleaned})
        return True

    def add_turn(self, turn: Any) -> None:
        """Add one turn object. Raises RowRejected when it names no speaker or holds nothing."""
        position = self.read + 1
        if not isinstance(turn, dict):
            raise RowRejected("bad_turn", f"turn {position} is not an object")
        role_key = next((key for key in _ROLE_KEYS if key in turn), None)
        if role_key is None or not isinstance(turn[role_key], str):
            raise RowRejected("missing_role", f"turn {position} names no speaker")
        content_key = next((key for key in _CONTENT_KEYS if key in turn), None)
        extra = {key: value for key, value in turn.items() if key not in (role_key, content_key)}
        if content_key is None and not extra:
            raise RowRejected("missing_content", f"turn {position} has no content")
        self.add(turn[role_key], turn[content_key] if content_key else None, extra)

    def add_turns(self, turns: Sequence[Any]) -> None:
        """Add each turn object of a list."""
        for turn in turns:
            self.add_turn(turn)

    def add_speech(self, said: Any, role: str) -> None:
        """Add what a row gives for one side: a text by `role`, a turn object, or a list of turn objects."""
        if isinstance(said, dict):
            self.add_turn(said)
        elif is_turn_list(said):
            self.add_turns(said)
        else:
            self.add(role, said)


def known_speaker(row: Mapping[str, Any]) -> str:
    """Return who speaks in an object, "" where it names nobody that is known."""
    named = first_of(row, _ROLE_KEYS)
    return named if isinstance(named, str) and named.strip().lower() in ROLE_OF else ""


def is_turn_list(value: Any) -> bool:
    """Tell a list of turns, each with a speaker, from a list of the parts of one turn."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(turn, dict) and not turn.keys().isdisjoint(_ROLE_KEYS) for turn in value)
    )


def _text_of(content: Any, position: int) -> tuple[str, list[Any]]:
    """Return the text of a turn and the parts that are not text."""
    if content is None:
        return "", []
    if isinstance(content, str):
        return content, []
    if not isinstance(content, list):
        raise RowRejected("bad_content", f"the content of turn {position} is neither text nor a list of parts")
    texts: list[str] = []
    others: list[Any] = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
            continue
        text = first_of(part, _PART_TEXT_KEYS) if isinstance(part, dict) else None
        if not isinstance(text, str) or part.get("type", "text") != "text":
            others.append(part)
            continue
        texts.append(text)
        # A part that says more than its text is kept whole beside the dialogue.
        if len(part) > 1 + ("type" in part):
            others.append(part)
    return "\n".join(texts), others
