"""Strict JSON for input that nobody vouches for: every refusal is a `RowRejected` with a reason code."""

from __future__ import annotations

import json
import math
from typing import Any, Final, NoReturn

MAX_DEPTH: Final = 64
MAX_INTEGER_DIGITS: Final = 18


class RowRejected(ValueError):
    """A row cannot be taken in.

    `reason` is a stable code for counting and filtering, `detail` explains it and never holds the row's text.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail[:300]


def parse_json(raw: bytes) -> Any:
    """Parse one JSON value. Raises RowRejected for anything that would be read differently elsewhere.

    Refused: invalid UTF-8, invalid JSON, duplicate keys, NaN and infinities, integers beyond 18 digits,
    nesting beyond 64 levels, NUL characters and lone surrogates.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowRejected("invalid_utf8", f"byte {error.start} of the row is not UTF-8") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_int=_small_int,
            parse_float=_finite_float,
        )
    except RowRejected:
        raise
    except RecursionError:
        raise RowRejected("too_deep", f"nested deeper than {MAX_DEPTH} levels") from None
    except json.JSONDecodeError as error:
        raise RowRejected("invalid_json", f"{error.msg} at character {error.pos}") from None
    check_value(value)
    return value


def check_value(value: Any) -> None:
    """Refuse NUL, lone surrogates and deep nesting anywhere in a parsed value, keys included; no recursion."""
    stack: list[tuple[Any, int]] = [(value, 1)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, str):
            _check_string(item)
        elif isinstance(item, dict | list):
            if depth > MAX_DEPTH:
                raise RowRejected("too_deep", f"nested deeper than {MAX_DEPTH} levels")
            if isinstance(item, dict):
                stack.extend((key, depth + 1) for key in item)
                stack.extend((child, depth + 1) for child in item.values())
            else:
                stack.extend((child, depth + 1) for child in item)


def _check_string(text: str) -> None:
    if "\x00" in text:
        raise RowRejected("nul_character", "a text holds the NUL character")
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise RowRejected("lone_surrogate", "a text holds half of a surrogate pair") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RowRejected("duplicate_key", "an object names one of its keys twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise RowRejected("not_a_number", f"{name} is not JSON")


def _small_int(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise RowRejected("number_too_large", f"an integer has more than {MAX_INTEGER_DIGITS} digits")
    return int(digits)


def _finite_float(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise RowRejected("number_too_large", "a number is beyond the range of a double")
    return number
