"""From a raw row to a record in ChatML with its identity: the hot loop of every import and every release.

`prepare_strictly` is the definition. `prepare` takes a short cut for the rows that make up nearly all of a corpus (an
object with one list of turns, each a speaker and a text) and gives the same result; a test holds the two together.
"""

from __future__ import annotations

import hashlib
from operator import add, itemgetter
from typing import Any, Final

import msgspec
import orjson

from .formats import ROLE_OF, Converted, convert, convert_text, describe
from .hashing import content_hash
from .parse import RowRejected, count_keys, decode_utf8, is_proven, parse_json, parse_quickly
from .reading import RawRow
from .structure import DEFAULT_RULES, StructureRules, check_structure
from .text import clean_text

_FORMAT_OF: Final = {"messages": "chatml", "conversations": "sharegpt", "conversation": "conversation"}
_OUR_KEYS: Final = ("role", "content")
_TURN_KEYS: Final = (
    _OUR_KEYS,
    ("from", "value"),
    ("speaker", "text"),
    ("role", "text"),
    ("speaker", "content"),
)
# As they are mostly written; a speaker in another case is the slow path's.
_COMMON_ROLES: Final[dict[Any, str]] = ROLE_OF | {name.capitalize(): role for name, role in ROLE_OF.items()}
_OUR_ROLES: Final = frozenset(ROLE_OF.values())
# These fields change what the dialogue is, so the slow path reads them.
_UNCOMMON_FIELDS: Final = frozenset({"system", "chosen", "rejected"})
_PROBLEM: Final = "the row ends unexpectedly or exceeds the limits"


class Prepared(msgspec.Struct, frozen=True, gc=False):
    """A row that was taken in: its dialogue, its content hash ("sha256:…") and the SHA-256 of its bytes in hex."""

    converted: Converted
    content_hash: str
    raw_sha256: str


def prepare(raw: RawRow, family: str = "", rules: StructureRules = DEFAULT_RULES) -> Prepared:
    """Convert one row and check its shape. Raises RowRejected with a reason code."""
    if raw.problem or raw.is_text:
        return prepare_strictly(raw, family, rules)
    found = None if raw.as_json else _prepare_common(raw.raw, family, rules)
    if found is not None:
        return found
    return _finish(raw.raw, _convert(parse_quickly(raw.as_json or raw.raw), family, rules), rules)


def prepare_strictly(raw: RawRow, family: str = "", rules: StructureRules = DEFAULT_RULES) -> Prepared:
    """Do what `prepare` does without any short cut."""
    if raw.problem:
        raise RowRejected(raw.problem, _PROBLEM)
    if raw.is_text:
        return _finish(raw.raw, convert_text(decode_utf8(raw.raw)), rules)
    return _finish(raw.raw, _convert(parse_json(raw.as_json or raw.raw), family, rules), rules)


def _convert(value: Any, family: str, rules: StructureRules) -> Converted:
    return convert(value, family, posts_as_turns=rules.posts_as_turns)


def _finish(raw: bytes, converted: Converted, rules: StructureRules) -> Prepared:
    broken = check_structure(converted.messages, rules)
    if broken:
        raise RowRejected(broken[0].rule, broken[0].detail)
    return Prepared(converted, content_hash(converted.messages), hashlib.sha256(raw).hexdigest())


def _prepare_common(raw: bytes, family: str, rules: StructureRules) -> Prepared | None:
    """Prepare a row of the common shape; None for any other row, whatever is wrong or unusual about it."""
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if type(row) is not dict or not _UNCOMMON_FIELDS.isdisjoint(row):
        return None
    for key in _FORMAT_OF:
        turns = row.get(key)
        if type(turns) is list:
            break
    else:
        return None
    del row[key]
    spoken = _common_turns(turns)
    if spoken is None:
        return None
    roles, contents, whole, are_messages = spoken
    keys = count_keys(row)
    if keys is None or not is_proven(raw, keys + 1 + 2 * len(turns)):
        return None
    # JSON has no bare control characters below 0x20, so without an escape there are none in its texts.
    plain = whole.isascii() and ((b"\\" not in raw and b"\x7f" not in raw) or _is_plain(whole))
    cleaned = list(map(str.strip if plain else clean_text, contents))
    if "" in cleaned:
        return None
    messages = turns
    if not are_messages or cleaned != contents:
        messages = [{"role": role, "content": content} for role, content in zip(roles, cleaned, strict=True)]
    joined = "".join(map(add, roles, cleaned))
    if not _is_sound(roles, len(joined), rules):
        broken = check_structure(messages, rules)
        if broken:
            raise RowRejected(broken[0].rule, broken[0].detail)
    converted = describe(row, _FORMAT_OF[key], messages, row, family, has_braces="{" in joined)
    # Texts are in NFC and have no outer white space, so white space may be collapsed in all of them at once.
    if not plain or "\n" in joined or "\t" in joined or "  " in joined:
        joined = " ".join(joined.split())
    digest = hashlib.sha256(joined.lower().encode()).hexdigest()
    return Prepared(converted, "sha256:" + digest, hashlib.sha256(raw).hexdigest())


def _common_turns(turns: list[Any]) -> tuple[list[str], list[str], str, bool] | None:
    """Return our roles, the texts and all texts in one, of turns that are a speaker and a text and nothing else.

    At last, whether the turns are messages as we write them. None for turns of another shape.
    """
    first = turns[0] if turns else None
    if type(first) is not dict:
        return None
    for keys in _TURN_KEYS:
        if keys[0] in first and keys[1] in first:
            break
    else:
        return None
    try:
        roles = list(map(itemgetter(keys[0]), turns))
        are_messages = keys == _OUR_KEYS and _OUR_ROLES.issuperset(roles)
        if not are_messages:
            roles = [_COMMON_ROLES[role] for role in roles]
        contents = list(map(itemgetter(keys[1]), turns))
        whole = "".join(contents)
    except (KeyError, TypeError):
        return None
    # Each turn has both keys, so it has no other one when all of them together have two per turn.
    return (roles, contents, whole, are_messages) if sum(map(len, turns)) == 2 * len(turns) else None


def _is_plain(text: str) -> bool:
    """Tell whether ASCII text holds no control character but tabs and line feeds."""
    return text.isprintable() or text.replace("\n", " ").replace("\t", " ").isprintable()


def _is_sound(roles: list[str], characters: int, rules: StructureRules) -> bool:
    """Tell whether the rules certainly hold, without looking at each turn; where it says no they may still hold."""
    spoken = len(roles) - roles.count("system")
    return (
        not rules.alternating
        and (rules.min_turns is None or spoken >= rules.min_turns)
        and (rules.max_turns is None or spoken <= rules.max_turns)
        and (rules.max_turn_chars is None or characters <= rules.max_turn_chars)
        and (not rules.needs_user or "user" in roles)
    )
