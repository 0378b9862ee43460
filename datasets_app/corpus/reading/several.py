"""Several conversations in one row: a list of conversations, or an object whose dialogue is a list of dialogues."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import msgspec
import orjson

from datasets_app.corpus.formats import is_turn_list
from datasets_app.corpus.parse import RowRejected, parse_quickly

_LISTS: Final = ("messages", "conversations", "conversation")
_IDENTIFIERS: Final = ("id", "uuid", "sample_id")
_BLANKS: Final = (b" ", b"\t", b"\r", b"\n")
# White space between the brackets of a list of lists; with more of it the row stays one and is refused.
_NEAR: Final = 64
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},]', re.DOTALL)


class Part(msgspec.Struct, frozen=True):
    """Bytes [start, end) of a row that are a conversation; `as_json` the object they stand for, b"" if they are it."""

    start: int
    end: int
    as_json: bytes = b""


def may_hold_several(raw: bytes) -> bool:
    """Tell whether a row is a list or has a list of lists in it; cheap, and right for every row that needs a look."""
    place = raw.find(b"[")
    if place < 0:
        return False
    if not place or not raw[:place].strip():
        return True
    while place >= 0:
        place += 1
        following = raw[place : place + 1]
        if following == b"[" or (following in _BLANKS and raw[place : place + _NEAR].lstrip()[:1] == b"["):
            return True
        place = raw.find(b"[", place)
    return False


def conversations_in(raw: bytes) -> list[Part] | None:
    """Return the conversations of a row that holds several, or one as a bare list of turns; None for other rows."""
    if not may_hold_several(raw):
        return None
    try:
        value = parse_quickly(raw)
    except RowRejected:
        return None
    if isinstance(value, list):
        return _of_list(raw, value)
    return _of_object(raw, value) if isinstance(value, dict) else None


def _of_list(raw: bytes, value: list[Any]) -> list[Part] | None:
    if is_turn_list(value):
        return [Part(0, len(raw), orjson.dumps({"messages": value}))]
    if not value or not all(isinstance(item, dict) or is_turn_list(item) for item in value):
        return None
    places = _elements(raw, raw.index(b"["))
    return [
        Part(*place) if isinstance(item, dict) else _part(place, raw, {"messages": item}, number)
        for number, (item, place) in enumerate(zip(value, places, strict=True), start=1)
    ]


def _of_object(raw: bytes, value: dict[str, Any]) -> list[Part] | None:
    key = next((key for key in _LISTS if isinstance(value.get(key), list)), "")
    if not key or not value[key] or not all(is_turn_list(item) for item in value[key]):
        return None
    opening = re.search(rb'"%s"\s*:\s*\[' % key.encode(), raw)
    places = _elements(raw, opening.end() - 1) if opening else []
    # A field of the same name deeper inside was found instead: the row is refused as it is, which loses nothing.
    if len(places) != len(value[key]):
        return None
    return [
        _part(place, raw, {**value, key: item}, number)
        for number, (item, place) in enumerate(zip(value[key], places, strict=True), start=1)
    ]


def _part(place: tuple[int, int], raw: bytes, row: dict[str, Any], number: int) -> Part:
    """Return one of several conversations as a row of its own; what they share stays in each, and ties them."""
    shared = ""
    for key in _IDENTIFIERS:
        if isinstance(row.get(key), str | int) and not isinstance(row[key], bool):
            shared = shared or str(row[key])
            row[key] = f"{row[key]}-{number}"
    row.setdefault("parent_id", shared or f"row-{hashlib.sha256(raw).hexdigest()[:16]}")
    return Part(*place, orjson.dumps(row))


def _elements(raw: bytes, opening: int) -> list[tuple[int, int]]:
    """Return where the elements of a sound JSON list lie that opens at a byte."""
    found, depth, start = [], 0, opening + 1
    for token in _TOKEN.finditer(raw, opening):
        first = token.group()[:1]
        if first in b"[{":
            depth += 1
        elif first in b"]}":
            depth -= 1
        if depth == 0 or (first == b"," and depth == 1):
            body = raw[start : token.start()]
            begin = start + len(body) - len(body.lstrip())
            if begin < token.start():
                found.append((begin, begin + len(body.strip())))
            start = token.end()
        if depth == 0:
            break
    return found
