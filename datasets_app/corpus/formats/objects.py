"""Detecting the format of a parsed row and reading its dialogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from datasets_app.corpus.parse import RowRejected, check_value

from .record import Converted, describe, is_part_of_conversation
from .texts import add_text, text_format
from .turns import Turns, is_turn_list, known_speaker

_MAX_FIELD_NAME: Final = 32
_LIST_FORMATS: Final = {"messages": "chatml", "conversations": "sharegpt", "conversation": "conversation"}
_TEXT_FIELDS: Final = ("conversation", "text")
# What was asked and what was answered, in one field each; field names are compared without regard to case.
_PAIRS: Final = (
    ("prompt", "completion"),
    ("prompt", "response"),
    ("question", "answer"),
    ("questiontext", "answertext"),
    ("context", "response"),
    ("query", "response"),
    ("input", "output"),
)


def detect(row: Mapping[str, Any]) -> str:
    """Name the format of a parsed row. Raises RowRejected("unknown_format")."""
    kind, field = _find(row)
    if kind == "list":
        return _LIST_FORMATS[field]
    return text_format(row[field]) if kind == "text" else kind


def convert(row: Any, family: str = "", *, posts_as_turns: bool = False) -> Converted:
    """Convert one parsed row. `family` scopes identifiers, which are only unique within their family.

    `posts_as_turns` reads a list of one person's posts as that person's turns; they are refused otherwise, for posts
    are not said to anybody and need not follow one another. Raises RowRejected with a reason code when the row is no
    dialogue.
    """
    if not isinstance(row, dict):
        raise RowRejected("not_an_object", f"a row must be a JSON object, not {type(row).__name__}")
    kind, field = _find(row)
    if kind == "posts" and not posts_as_turns:
        raise RowRejected("posts_not_dialogue", "a list of posts by one person is no conversation")
    turns = Turns()
    used = {"system"} if kind != "text" and turns.add_system(row.get("system")) else set()
    used |= _READERS[kind](row, field, turns)
    rest = {key: value for key, value in row.items() if key not in used}
    return _describe(row, detect(row), turns, rest, family)


def convert_text(text: str) -> Converted:
    """Convert one block of a plain text file; only marked dialogue counts, running text is refused."""
    check_value(text)
    name = text_format(text)
    if name == "text":
        raise RowRejected("no_dialogue", "the text names no speakers")
    turns = Turns()
    add_text(turns, text)
    return _describe({}, name, turns, {}, "")


def _find(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return how the dialogue of a row is to be read and the field that says so."""
    for key in _LIST_FORMATS:
        if isinstance(row.get(key), list):
            return "list", key
    if isinstance(row.get("instruction"), str) and ("output" in row or "chosen" in row):
        return "alpaca", "instruction"
    for key in _TEXT_FIELDS:
        if isinstance(row.get(key), str):
            return "text", key
    if _is_preference(row):
        return "preference", "chosen"
    if asked := _pair_of(row)[0]:
        return "pair", asked
    if isinstance(row.get("posts"), list):
        return "posts", "posts"
    raise RowRejected("unknown_format", f"no dialogue was found in {_fields_named(row)}")


# Each reader adds a row's dialogue and returns the fields that went into it whole; all others are kept beside it.


def _read_list(row: Mapping[str, Any], field: str, turns: Turns) -> set[str]:
    turns.add_turns(row[field])
    if "chosen" in row and turns.messages and turns.messages[-1]["role"] != "assistant":
        _add_chosen(row["chosen"], turns)
    return {field}


def _read_alpaca(row: Mapping[str, Any], field: str, turns: Turns) -> set[str]:
    history = row.get("history") or []
    if not isinstance(history, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in history):
        raise RowRejected("bad_history", "history is not a list of pairs")
    for asked, answered in history:
        turns.add("user", asked)
        turns.add("assistant", answered)
    pieces = [row[field], row.get("input") or ""]
    if not all(isinstance(piece, str) for piece in pieces):
        raise RowRejected("bad_content", "instruction and input must be text")
    turns.add("user", "\n\n".join(piece for piece in pieces if piece.strip()))
    if row.get("output") is None and "chosen" in row:
        _add_chosen(row["chosen"], turns)
    else:
        turns.add("assistant", row.get("output"))
    return {"instruction", "input", "output", "history"}


def _read_text(row: Mapping[str, Any], field: str, turns: Turns) -> set[str]:
    speaker = known_speaker(row)
    if not speaker or text_format(row[field]) != "text":
        add_text(turns, row[field])
        return {field}
    if is_part_of_conversation(row):
        raise RowRejected("turn_not_dialogue", "one turn of a conversation; turns in rows are gathered from tables")
    turns.add(speaker, row[field])
    return {field}


def _read_preference(row: Mapping[str, Any], field: str, turns: Turns) -> set[str]:
    used = set()
    if _is_speech(row.get("prompt")):
        _add_side(turns, row["prompt"], "user")
        used = {"prompt"}
    _add_chosen(row[field], turns)
    return used


def _read_pair(row: Mapping[str, Any], field: str, turns: Turns) -> set[str]:
    asked, answered = _pair_of(row)
    _add_side(turns, row[asked], "user")
    _add_side(turns, row[answered], "assistant")
    return {asked, answered}


def _read_posts(row: Mapping[str, Any], field: str, turns: Turns) -> set[str]:
    for post in row[field]:
        turns.add("user", post)
    return {field}


_READERS: Final[dict[str, Callable[[Mapping[str, Any], str, Turns], set[str]]]] = {
    "list": _read_list,
    "alpaca": _read_alpaca,
    "text": _read_text,
    "preference": _read_preference,
    "pair": _read_pair,
    "posts": _read_posts,
}


def _add_side(turns: Turns, said: Any, role: str) -> None:
    """Add one side of a pair, which may be a whole dialogue in one text."""
    if isinstance(said, str) and text_format(said) != "text":
        add_text(turns, said)
    else:
        turns.add_speech(said, role)


def _add_chosen(chosen: Any, turns: Turns) -> None:
    """End the dialogue with the reply that was preferred; both replies of the pair stay in the metadata as well."""
    if not _is_speech(chosen):
        return
    reply = Turns()
    _add_side(reply, chosen, "assistant")
    before = len(turns.messages)
    # Some sets repeat the prompt at the head of each reply.
    repeated = reply.messages[:before] == turns.messages
    turns.messages += reply.messages[before:] if repeated else reply.messages


def _is_speech(value: Any) -> bool:
    return isinstance(value, str) or is_turn_list(value) or is_turn_list([value])


def _is_preference(row: Mapping[str, Any]) -> bool:
    chosen = row.get("chosen")
    if not _is_speech(chosen):
        return False
    return (
        _is_speech(row.get("prompt"))
        or is_turn_list(chosen)
        or (isinstance(chosen, str) and text_format(chosen) != "text")
    )


def _pair_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return the names of the fields that hold a question and its answer, twice "" without such a pair."""
    named = {key.lower(): key for key in row}
    for asked, answered in _PAIRS:
        if asked in named and answered in named and _is_speech(row[named[asked]]) and _is_speech(row[named[answered]]):
            return named[asked], named[answered]
    return "", ""


def _fields_named(row: Mapping[str, Any]) -> str:
    """The row's fields for a report. Only those that look like names: a key may be a sentence somebody said."""
    named = [key for key in sorted(row) if key.isidentifier() and key.isascii() and len(key) <= _MAX_FIELD_NAME][:8]
    return f"its {len(row)} fields" + (f": {', '.join(named)}" if named else "")


def _describe(row: Mapping[str, Any], name: str, turns: Turns, rest: dict[str, Any], family: str) -> Converted:
    if not turns.messages:
        raise RowRejected("empty", "no turn holds any text")
    converted = describe(row, name, turns.messages, rest, family)
    if turns.non_text:
        converted.metadata["non_text"] = turns.non_text
    if turns.empty:
        converted.metadata["empty_turns"] = turns.empty
        converted.metadata["notes"] = ["empty_turns", *converted.metadata.get("notes", ())]
    return converted
