"""Six dialogue formats and plain rows, detected per record and converted to ChatML messages (D2).

Nothing is silently dropped: every field that is not part of the dialogue survives in `metadata["input"]`, and
every turn or part that is not text (tool calls, images, reasoning) survives in `metadata["non_text"]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from . import taxonomy
from .parse import RowRejected, check_value
from .text import clean_text

_MAX_FIELD_NAME: Final = 32
_USER: Final = ("user", "human", "client", "patient", "seeker", "usr", "customer", "prompter")
_ASSISTANT: Final = ("assistant", "gpt", "therapist", "counselor", "counsellor", "bot", "model", "chatgpt", "supporter")
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
_AUTHOR_KEYS: Final = ("author", "author_id", "user_id", "client_id", "speaker_id")
_CONVERSATION_KEYS: Final = ("conversation_id", "question_id", "thread_id", "dialogue_id", "session_id")
_PARENT_KEYS: Final = ("parent_id", "augmented_from", "parent")
_ID_KEYS: Final = ("id", "uuid", "sample_id")
_TIES: Final = (
    ("author", _AUTHOR_KEYS),
    ("conversation", _CONVERSATION_KEYS),
    ("record", _PARENT_KEYS),
    ("record", _ID_KEYS),
)
_TYING_FIELDS: Final = frozenset(key for _, keys in _TIES for key in keys) | {"metadata"}
_ONLY_ID: Final = frozenset({"id"})
# A marker opens a line, and a paragraph: "Assistant: Human: …" inside a turn is that turn's own words.
_MARKER: Final = re.compile(
    r"(?:\A\s*|\n[ \t]*)(Human|Assistant|User|Client|Patient|Therapist|Counselor|Counsellor)[ \t]*:", re.IGNORECASE
)
_HUMAN_SIDE: Final = frozenset({"human", "user", "assistant"})
_PLACEHOLDER: Final = re.compile(r"\{\{\s*\w+\s*\}\}")
MAX_ID_CHARS: Final = 180


class Converted(msgspec.Struct, kw_only=True):
    """A record in ChatML with what is known about it; `group_keys` must stay in one split."""

    format: str
    messages: list[dict[str, str]]
    external_id: str = ""
    group_keys: list[str] = []
    proposed_type: str = ""
    proposed_severity: int | None = None
    is_edge_case: bool = False
    edge_case_kind: str = ""
    metadata: dict[str, Any] = {}


class _Turns:
    """Collects the dialogue and, beside it, whatever is not dialogue."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self.non_text: list[dict[str, Any]] = []
        self.empty: list[int] = []

    def add(self, role: str, content: Any, position: int, extra: Mapping[str, Any] | None = None) -> None:
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
        text = _first(part, _PART_TEXT_KEYS) if isinstance(part, dict) else None
        is_text = isinstance(part, dict) and part.get("type", "text") == "text" and isinstance(text, str)
        if is_text:
            texts.append(str(text))
        else:
            others.append(part)
    return "\n".join(texts), others


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if key in row:
            return row[key]
    return None


def _turn_list(row: Mapping[str, Any], key: str) -> _Turns:
    turns = _Turns()
    if isinstance(row.get("system"), str) and row["system"].strip():
        turns.add("system", row["system"], 0)
    for position, turn in enumerate(row[key], start=1):
        if not isinstance(turn, dict):
            raise RowRejected("bad_turn", f"turn {position} is not an object")
        role = _first(turn, _ROLE_KEYS)
        if not isinstance(role, str):
            raise RowRejected("missing_role", f"turn {position} names no speaker")
        content_key = next((name for name in _CONTENT_KEYS if name in turn), None)
        used = {content_key, next(name for name in _ROLE_KEYS if name in turn)}
        extra = {name: value for name, value in turn.items() if name not in used}
        if content_key is None and not extra:
            raise RowRejected("missing_content", f"turn {position} has no content")
        turns.add(role, turn[content_key] if content_key else None, position, extra)
    return turns


def _from_messages(row: Mapping[str, Any]) -> _Turns:
    return _turn_list(row, "messages")


def _from_conversations(row: Mapping[str, Any]) -> _Turns:
    return _turn_list(row, "conversations")


def _from_conversation(row: Mapping[str, Any]) -> _Turns:
    return _turn_list(row, "conversation")


def _from_alpaca(row: Mapping[str, Any]) -> _Turns:
    turns = _Turns()
    if isinstance(row.get("system"), str) and row["system"].strip():
        turns.add("system", row["system"], 0)
    history = row.get("history") or []
    if not isinstance(history, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in history):
        raise RowRejected("bad_history", "history is not a list of pairs")
    for index, (asked, answered) in enumerate(history):
        turns.add("user", asked, 2 * index + 1)
        turns.add("assistant", answered, 2 * index + 2)
    pieces = [row["instruction"], row.get("input") or ""]
    if not all(isinstance(piece, str) for piece in pieces):
        raise RowRejected("bad_content", "instruction and input must be text")
    turns.add("user", "\n\n".join(piece for piece in pieces if piece.strip()), 2 * len(history) + 1)
    turns.add("assistant", row.get("output"), 2 * len(history) + 2)
    return turns


def _from_marked_text(text: str) -> _Turns:
    turns = _Turns()
    markers = list(_MARKER.finditer(text))
    for position, marker in enumerate(markers, start=1):
        end = markers[position].start() if position < len(markers) else len(text)
        turns.add(marker.group(1), text[marker.end() : end], position)
    return turns


def _from_plain_text(text: str) -> _Turns:
    turns = _Turns()
    turns.add("user", text, 1)
    return turns


def text_format(text: str) -> str:
    """Return "human_assistant" or "client_therapist" when the text opens with a speaker, else "text"."""
    first = _MARKER.match(text)
    if first is None:
        return "text"
    return "human_assistant" if first.group(1).lower() in _HUMAN_SIDE else "client_therapist"


def detect(row: Mapping[str, Any]) -> str:
    """Name the format of a parsed row. Raises RowRejected("unknown_format")."""
    if isinstance(row.get("messages"), list):
        return "chatml"
    if isinstance(row.get("conversations"), list):
        return "sharegpt"
    if isinstance(row.get("conversation"), list):
        return "conversation"
    if isinstance(row.get("instruction"), str) and "output" in row:
        return "alpaca"
    if isinstance(row.get("conversation"), str):
        return text_format(row["conversation"])
    if isinstance(row.get("text"), str):
        return text_format(row["text"])
    raise RowRejected("unknown_format", f"no dialogue was found in {_fields_named(row)}")


def _fields_named(row: Mapping[str, Any]) -> str:
    """The row's fields for a report. Only those that look like names: a key may be a sentence somebody said."""
    named = [key for key in sorted(row) if key.isidentifier() and key.isascii() and len(key) <= _MAX_FIELD_NAME][:8]
    return f"its {len(row)} fields" + (f": {', '.join(named)}" if named else "")


_READERS: Final[dict[str, tuple[Callable[[Mapping[str, Any]], _Turns], tuple[str, ...]]]] = {
    "chatml": (_from_messages, ("messages", "system")),
    "sharegpt": (_from_conversations, ("conversations", "system")),
    "conversation": (_from_conversation, ("conversation", "system")),
    "alpaca": (_from_alpaca, ("instruction", "input", "output", "history", "system")),
}


def convert(row: Any, family: str = "") -> Converted:
    """Convert one parsed row. `family` scopes identifiers, which are only unique within their family.

    Raises RowRejected with a reason code when the row is no dialogue.
    """
    if not isinstance(row, dict):
        raise RowRejected("not_an_object", f"a row must be a JSON object, not {type(row).__name__}")
    name = detect(row)
    if name in _READERS:
        reader, used = _READERS[name]
        turns = reader(row)
    else:
        used = ("text",) if isinstance(row.get("text"), str) and "conversation" not in row else ("conversation",)
        text = row[used[0]]
        turns = _from_plain_text(text) if name == "text" else _from_marked_text(text)
    # A field of that name which the reader did not take as dialogue must survive as well.
    consumed = {key for key in used if key != "system" or (isinstance(row.get(key), str) and row[key].strip())}
    return _describe(row, name, turns, {key: value for key, value in row.items() if key not in consumed}, family)


def convert_text(text: str) -> Converted:
    """Convert one block of a plain text file; only marked dialogue counts, running text is refused."""
    check_value(text)
    name = text_format(text)
    if name == "text":
        raise RowRejected("no_dialogue", "the text names no speakers")
    return _describe({}, name, _from_marked_text(text), {}, "")


def _describe(row: Mapping[str, Any], name: str, turns: _Turns, rest: dict[str, Any], family: str) -> Converted:
    if not turns.messages:
        raise RowRejected("empty", "no turn holds any text")
    converted = describe(row, name, turns.messages, rest, family)
    if turns.non_text:
        converted.metadata["non_text"] = turns.non_text
    if turns.empty:
        converted.metadata["empty_turns"] = turns.empty
        converted.metadata["notes"] = ["empty_turns", *converted.metadata.get("notes", ())]
    return converted


def describe(
    row: Mapping[str, Any],
    name: str,
    messages: list[dict[str, str]],
    rest: dict[str, Any],
    family: str,
    *,
    has_braces: bool = True,
) -> Converted:
    """Return the record of a row whose dialogue is known; `rest` holds the row's fields that are no dialogue.

    `has_braces=False` says that no message holds a brace, which spares the search for template placeholders.
    """
    metadata: dict[str, Any] = {"format": name}
    if rest:
        metadata["input"] = rest
    if has_braces and any(_PLACEHOLDER.search(message["content"]) for message in messages):
        metadata["notes"] = ["template_placeholder"]
    converted = Converted(format=name, messages=messages, metadata=metadata)
    ties = _TYING_FIELDS.intersection(row)
    if ties:
        converted.external_id = _identifier(row, _ID_KEYS)
        if ties != _ONLY_ID:
            converted.group_keys = _group_keys(row, family)
        elif converted.external_id:
            converted.group_keys = [f"record:{family}:{converted.external_id}"]
    _read_labels(row, converted)
    return converted


def _identifier(row: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    value = _first(row, keys)
    if value is None and isinstance(row.get("metadata"), dict):
        value = _first(row["metadata"], keys)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()[:MAX_ID_CHARS]


def _group_keys(row: Mapping[str, Any], family: str) -> list[str]:
    """Return what ties this record to others: its author, its conversation, its parent and itself."""
    found = [f"{kind}:{family}:{value}" for kind, keys in _TIES if (value := _identifier(row, keys))]
    return list(dict.fromkeys(found))


def _read_labels(row: Mapping[str, Any], converted: Converted) -> None:
    """Read labels in our own vocabulary; foreign labels stay in metadata and propose nothing."""
    crisis_type = row.get("crisis_type")
    if isinstance(crisis_type, str) and crisis_type in taxonomy.CRISIS_TYPES:
        converted.proposed_type = crisis_type
        severity = row.get("severity")
        whole = isinstance(severity, int) and not isinstance(severity, bool)
        if whole and crisis_type != taxonomy.NONE_TYPE and severity in taxonomy.SEVERITIES:
            converted.proposed_severity = severity
    nested = row.get("metadata")
    if not isinstance(nested, dict):
        nested = {}
    flags = (row.get("is_edge_case"), nested.get("is_edge_case"), nested.get("is_training_edge_case"))
    if True not in flags:
        return
    converted.is_edge_case = any(flag is True for flag in flags)
    kind = row.get("edge_case_kind", nested.get("edge_case_kind"))
    if converted.is_edge_case and isinstance(kind, str) and kind in taxonomy.EDGE_CASE_KINDS:
        converted.edge_case_kind = kind
