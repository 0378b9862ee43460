"""Read a log of answers: one JSON object a line, in constant memory, each unreadable line counted and not repeated.

A line is an answer (`pixelhub.score/1`), a refusal (problem+json, or a batch's `{"problem": …}`), or an event of a case
(`{"event": "missed"}`). `at` (ISO 8601) and `status` may stand beside; without `status` an answer counts as 200.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import orjson

_ANSWER = "verdict"


@dataclass(frozen=True)
class Line:
    """What one line says. `answer` is None for a refusal and for an event, `status` 0 where there was no request."""

    status: int
    answer: dict[str, Any] | None = None
    code: str = ""
    event: str = ""
    at: datetime | None = None


#: Longest line that is looked at, in bytes: an answer has a few thousand.
LONGEST_LINE: Final = 4 * 1024 * 1024
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def lines_of(file: Iterable[bytes]) -> Iterator[Line | None]:
    """Each line that is not blank; None for one that can't be read."""
    for number, raw in enumerate(file):
        line = raw.removeprefix(_BYTE_ORDER_MARK) if number == 0 else raw
        if line.strip():
            yield _line(line) if len(line) <= LONGEST_LINE else None


def bounded(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; of one that is too long only its head, so that no file is held in memory."""
    while raw := file.readline(LONGEST_LINE + 1):
        rest = raw
        while not rest.endswith(b"\n") and len(rest) > LONGEST_LINE:
            rest = file.readline(LONGEST_LINE + 1)
        yield raw


def _line(raw: bytes) -> Line | None:
    try:
        given = orjson.loads(raw)
        return _read(given) if isinstance(given, dict) else None
    except (ValueError, TypeError):
        return None


def _read(given: dict[str, Any]) -> Line | None:
    at = _moment(given.get("at"))
    if isinstance(given.get("event"), str):
        return Line(0, event=given["event"], at=at)
    problem = given.get("problem", given if "code" in given and _ANSWER not in given else None)
    if isinstance(problem, dict):
        return Line(_status(problem.get("status"), 400), code=str(problem.get("code", "")), at=at)
    if _ANSWER not in given:
        return None
    return Line(_status(given.get("status"), 200), answer=given, at=at)


def _status(given: Any, otherwise: int) -> int:
    status = otherwise if given is None else int(given)
    if not 100 <= status <= 599:
        raise ValueError("no status of HTTP")
    return status


def _moment(given: Any) -> datetime | None:
    if given is None:
        return None
    moment = datetime.fromisoformat(given)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
