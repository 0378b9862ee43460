"""Read a scoring request: strict, bounded, and with a reason for every refusal that never repeats the text."""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from dataclasses import dataclass
from typing import Any, Final

import orjson

from datasets_app.corpus.render import LAST_MESSAGES
from datasets_app.corpus.taxonomy import ROLES
from inference.engine.errors import InputRefused

MAX_BODY_BYTES = 1_000_000
MAX_MESSAGES = 1_000
#: Characters of one message; what the model sees is far shorter, but the rules read the newest 12,000 characters.
MAX_MESSAGE_CHARS = 20_000
#: Conversations of one batch as a JSON document; as lines there may be more.
MAX_BATCH = 64
MAX_LINES = 10_000
MAX_LINES_BYTES = 16_000_000
_FORMS = ("messages", "conversation", "text")
_SPOKEN = frozenset({"user", "assistant"})
_CONVERSATION_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


class _KeyTwice(Exception):
    """An object has the same key twice."""


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _KeyTwice


_TWICE: Final = json.JSONDecoder(object_pairs_hook=_once)


@dataclass(frozen=True)
class Conversation:
    """What is scored: the last messages of user and assistant.

    `indices[i]` is the position of `messages[i]` in the request, so that spans can point into what the caller sent.
    `score_id` is the id of its score where that is known before (see Idempotency-Key).
    """

    messages: tuple[dict[str, str], ...]
    indices: tuple[int, ...]
    locale: str
    score_id: uuid.UUID | None = None
    #: The client's own opaque reference of the conversation; "" where it gave none.
    conversation_id: str = ""
    #: Why some of what was said before is missing here: the answer is degraded then. "" when nothing is.
    incomplete: str = ""


def parse_request(body: bytes) -> Conversation:
    """One conversation from a request body. Raises InputRefused."""
    return conversation_from(json_object(body))


def parse_batch(body: bytes) -> list[Conversation | InputRefused]:
    """{"conversations": [one request each]}: each item, or why it is refused, in its place.

    Raises InputRefused when the document itself is none.
    """
    items = json_object(body).get("conversations")
    if not isinstance(items, list) or not items:
        raise InputRefused("bad_shape", "“conversations” must be a list with at least one item.", status=422)
    if len(items) > MAX_BATCH:
        detail = f"A batch holds at most {MAX_BATCH} conversations; send more as application/x-ndjson."
        raise InputRefused("too_many", detail, status=422)
    return [_item(item, f"conversations[{number}]") for number, item in enumerate(items)]


def parse_line(line: bytes, number: int) -> Conversation | InputRefused:
    """One line of a batch in lines, or why it is refused; lines count from 1."""
    where = f"line {number}"
    try:
        return _item(json_object(line), where)
    except InputRefused as refused:
        return InputRefused(refused.code, f"{where}: {refused.detail}", status=refused.status)


def _item(item: object, where: str) -> Conversation | InputRefused:
    if not isinstance(item, dict):
        return InputRefused("bad_shape", f"{where}: must be an object.", status=422)
    try:
        return conversation_from(item)
    except InputRefused as refused:
        return InputRefused(refused.code, f"{where}: {refused.detail}", status=refused.status)


def conversation_from(data: dict[str, Any], *, last: int = LAST_MESSAGES) -> Conversation:
    """Check one request object and keep the last `last` messages of user and assistant. Raises InputRefused."""
    given = [form for form in _FORMS if form in data]
    if len(given) != 1:
        raise InputRefused("bad_shape", "Give exactly one of “messages”, “conversation” or “text”.", status=422)
    value = data[given[0]]
    plain = given[0] == "text"
    messages = [{"role": "user", "content": _text(value, "text")}] if plain else _messages(value, given[0])
    spoken = [(i, m) for i, m in enumerate(messages) if m["role"] in _SPOKEN and _says_something(m["content"])][-last:]
    if not spoken:
        raise InputRefused("empty", "There is no text of a user or an assistant to score.", status=422)
    return Conversation(
        messages=tuple(message for _, message in spoken),
        indices=tuple(index for index, _ in spoken),
        locale=_locale(data.get("locale")),
        conversation_id=_conversation_id(data.get("conversation_id")),
    )


def json_object(body: bytes) -> dict[str, Any]:
    """A body that is one JSON object: bounded, strict, no key twice. Raises InputRefused."""
    if len(body) > MAX_BODY_BYTES:
        raise InputRefused("too_large", f"The body is over {MAX_BODY_BYTES} bytes.", status=413)
    try:
        data = orjson.loads(body)
        # orjson keeps the last of two equal keys without a word: half of a conversation could go unread.
        _TWICE.decode(body.decode("utf-8"))
    except orjson.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        raise InputRefused("bad_json", f"The body is not strict JSON in UTF-8 ({position}).") from None
    except _KeyTwice:
        raise InputRefused("bad_json", "An object of the body has the same key twice.") from None
    except RecursionError:
        raise InputRefused("bad_json", "The body is nested too deeply.") from None
    if not isinstance(data, dict):
        raise InputRefused("bad_shape", "The body must be a JSON object.", status=422)
    return data


def _messages(value: object, name: str) -> list[dict[str, str]]:
    if not isinstance(value, list) or not value:
        raise InputRefused("bad_shape", f"“{name}” must be a list with at least one message.", status=422)
    if len(value) > MAX_MESSAGES:
        raise InputRefused("too_many", f"“{name}” holds more than {MAX_MESSAGES} messages.", status=422)
    messages = []
    for index, item in enumerate(value):
        where = f"{name}[{index}]"
        if not isinstance(item, dict):
            raise InputRefused("bad_shape", f"{where} must be an object with role and content.", status=422)
        role = item.get("role")
        if not isinstance(role, str) or role not in ROLES:
            raise InputRefused("bad_role", f"{where}.role must be one of {', '.join(ROLES)}.", status=422)
        messages.append({"role": role, "content": _text(item.get("content"), f"{where}.content")})
    return messages


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise InputRefused("bad_type", f"{where} must be a string.", status=422)
    if len(value) > MAX_MESSAGE_CHARS:
        raise InputRefused("too_long", f"{where} is over {MAX_MESSAGE_CHARS} characters.", status=422)
    if "\x00" in value:
        raise InputRefused("nul", f"{where} holds a NUL character.", status=422)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InputRefused("surrogate", f"{where} holds a lone surrogate.", status=422) from None
    return value


def _says_something(text: str) -> bool:
    """Whether anything can be seen: spaces, controls and zero-width characters alone are no text to score."""
    return any(unicodedata.category(character)[0] not in "CZ" for character in text)


def _locale(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not _LOCALE.fullmatch(value):
        raise InputRefused("bad_locale", "locale must look like en-US.", status=422)
    return value.replace("_", "-")


def _conversation_id(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not _CONVERSATION_ID.fullmatch(value):
        detail = "conversation_id must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -"
        raise InputRefused("bad_conversation_id", detail, status=422)
    return value
