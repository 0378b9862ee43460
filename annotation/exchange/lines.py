"""JSON lines, each read by itself: a bad one is named and the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

LONGEST_LINE = 16 * 1024 * 1024


class LineError(ValueError):
    """Why a line is no JSON object."""


def read_lines(text: Iterable[str]) -> Iterator[tuple[int, str, dict[str, Any] | LineError]]:
    """(number from 1, the line, its object or what is wrong). Empty lines are passed over."""
    for row, raw in enumerate(text, start=1):
        line = raw.strip("\ufeff\r\n \t") if row == 1 else raw.strip()
        if not line:
            continue
        yield row, line, _parse(line)


def parse_json(text: str) -> Any:
    """JSON without NaN and doubled keys. Raises `LineError`."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except LineError:
        raise
    except RecursionError as error:
        raise LineError("nested too deeply") from error
    except ValueError as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise LineError(f"not JSON{where}") from error


def _parse(line: str) -> dict[str, Any] | LineError:
    if len(line) > LONGEST_LINE:
        return LineError("longer than 16 MB")
    try:
        data = parse_json(line)
    except LineError as error:
        return error
    return data if isinstance(data, dict) else LineError("not a JSON object")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise LineError("a key stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise LineError("NaN or Infinity is no JSON")
