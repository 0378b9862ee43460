"""What a reader yields, and lines of bounded length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Final

import msgspec

from datasets_app.corpus.text import UTF8_BOM

from .several import conversations_in, may_hold_several

MAX_ROW_BYTES: Final = 8 * 1024 * 1024


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message says why."""


class DamagedFile(OSError):
    """An unpacked stream cannot be read on; `problem` is the reason of the last row."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class RawRow(msgspec.Struct, frozen=True, gc=False):
    """One row of the input. `problem` names why it can't even be parsed; `is_text` marks plain dialogue text.

    `raw` are the bytes of the file from `offset` on. Where they are no JSON object of their own (a table's rows, one
    of several conversations in one object) `as_json` holds the object that they stand for.
    """

    line: int
    offset: int
    raw: bytes
    problem: str = ""
    is_text: bool = False
    as_json: bytes = b""


def row_of(line: int, offset: int, body: bytes) -> Iterator[RawRow]:
    """Yield the row of a JSON value, or its rows where it holds several conversations."""
    parts = conversations_in(body)
    if parts is None:
        yield RawRow(line, offset, body)
        return
    for part in parts:
        raw = body[part.start : part.end]
        yield RawRow(line + body.count(b"\n", 0, part.start), offset + part.start, raw, as_json=part.as_json)


def read_line(stream: IO[bytes]) -> tuple[bytes, int]:
    """Return a line, cut where it is longer than the longest row, and the bytes it really has."""
    raw = stream.readline(MAX_ROW_BYTES + 1)
    if len(raw) <= MAX_ROW_BYTES or raw.endswith(b"\n"):
        return raw, len(raw)
    return raw, len(raw) + skip_line(stream)


def skip_line(stream: IO[bytes]) -> int:
    """Read to the end of the line and return how many bytes that were."""
    skipped = 0
    while chunk := stream.readline(MAX_ROW_BYTES):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped


def line_rows(line: int, offset: int, raw: bytes, size: int) -> Sequence[RawRow]:
    """Return the rows of one line of JSONL: none for a blank one, several where it holds several conversations."""
    if not offset and raw.startswith(UTF8_BOM):
        raw, size, offset = raw[len(UTF8_BOM) :], size - len(UTF8_BOM), len(UTF8_BOM)
    body = raw.rstrip(b"\r\n")
    if size > len(raw):
        return (RawRow(line, offset, body, "row_too_long"),)
    if may_hold_several(body):
        return list(row_of(line, offset, body))
    return (RawRow(line, offset, body),) if body and not body.isspace() else ()
