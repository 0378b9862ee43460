"""Rows of an input file as raw bytes with their line and byte offset: JSONL, a JSON array, marked text, gzip.

A JSONL file is read in constant memory. Offsets count bytes of the unpacked file.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, Final

import msgspec

from .text import UTF8_BOM

MAX_ROW_BYTES: Final = 8 * 1024 * 1024
MAX_ARRAY_BYTES: Final = 256 * 1024 * 1024
SUFFIXES: Final = (".jsonl", ".ndjson", ".json", ".txt")
_ARRAY_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{},]', re.DOTALL)
_BLOCK_END: Final = re.compile(rb"(?m)^---[ \t]*$\n?")


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message says why."""


class RawRow(msgspec.Struct, frozen=True, gc=False):
    """One row of the input. `problem` names why it can't even be parsed; `is_text` marks plain dialogue text."""

    line: int
    offset: int
    raw: bytes
    problem: str = ""
    is_text: bool = False


def input_files(path: Path) -> list[Path]:
    """Return the readable files of a folder in name order, or the file itself. Raises UnreadableFile."""
    if path.is_dir():
        files = sorted(found for found in path.rglob("*") if found.is_file() and kind_of(found.name))
        if not files:
            raise UnreadableFile(f"no {', '.join(SUFFIXES)} file (or .gz of one) in {path}")
        return files
    if not path.is_file():
        raise UnreadableFile(f"{path} does not exist")
    if not kind_of(path.name):
        raise UnreadableFile(f"{path.name}: only {', '.join(SUFFIXES)} and .gz of these can be read")
    return [path]


def kind_of(name: str) -> str:
    """Return the suffix that decides how a file is read, "" for one that can't be."""
    bare = name.lower().removesuffix(".gz")
    return next((suffix for suffix in SUFFIXES if bare.endswith(suffix)), "")


def read_rows(path: Path, name: str) -> Iterator[RawRow]:
    """Yield the rows of a file; `name` decides the format. Blank lines are no rows.

    Raises UnreadableFile for an unknown suffix or an array beyond 256 MiB.
    """
    kind = kind_of(name)
    if not kind:
        raise UnreadableFile(f"{name}: only {', '.join(SUFFIXES)} and .gz of these can be read")
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        stream: IO[bytes] = gzip.GzipFile(fileobj=plain) if packed else plain  # type: ignore[assignment]
        if kind in (".jsonl", ".ndjson"):
            yield from _lines(stream)
        else:
            yield from _whole(stream, kind)


def _lines(stream: IO[bytes]) -> Iterator[RawRow]:
    line, offset = 0, 0
    while True:
        try:
            raw, size = _read_line(stream)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            yield RawRow(line + 1, offset, b"", "damaged_gzip")
            return
        if not size:
            return
        line += 1
        body = raw.removeprefix(UTF8_BOM) if line == 1 else raw
        if body.strip():
            yield RawRow(line, offset, body.rstrip(b"\r\n"), "row_too_long" if size > len(raw) else "")
        offset += size


def _whole(stream: IO[bytes], kind: str) -> Iterator[RawRow]:
    try:
        data = stream.read(MAX_ARRAY_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield RawRow(1, 0, b"", "damaged_gzip")
        return
    if len(data) > MAX_ARRAY_BYTES:
        raise UnreadableFile("a JSON array or text file must be smaller than 256 MiB; use JSONL")
    if kind == ".txt":
        yield from _blocks(data)
        return
    start = len(UTF8_BOM) if data.startswith(UTF8_BOM) else 0
    body = data[start:].lstrip()
    if body.startswith(b"["):
        yield from _elements(data, len(data) - len(body))
    elif body:
        yield RawRow(1, start, body.rstrip())


def _blocks(data: bytes) -> Iterator[RawRow]:
    start, line = (len(UTF8_BOM) if data.startswith(UTF8_BOM) else 0), 1
    ends = [(match.start(), match.end()) for match in _BLOCK_END.finditer(data)]
    for end, following in [*ends, (len(data), len(data))]:
        raw = data[start:end]
        if raw.strip():
            yield RawRow(line, start, raw, is_text=True)
        line += data.count(b"\n", start, following)
        start = following


def _elements(data: bytes, opening: int) -> Iterator[RawRow]:
    """Split an array at its top-level commas without parsing, so that one bad element spoils only itself."""
    depth, start, line, counted = 0, opening + 1, 1, 0
    for token in _ARRAY_TOKEN.finditer(data, opening):
        first = data[token.start()]
        if first in b"[{":
            depth += 1
        elif first in b"]}":
            depth -= 1
        if (first in b"," and depth == 1) or (first in b"]}" and depth == 0):
            raw = data[start : token.start()].strip()
            if raw:
                begin = data.index(raw, start)
                line += data.count(b"\n", counted, begin)
                counted = begin
                yield RawRow(line, begin, raw)
            start = token.end()
        if depth == 0:
            break
    rest = data[start:].strip()
    if rest:
        begin = data.index(rest, start)
        line += data.count(b"\n", counted, begin)
        yield RawRow(line, begin, rest, "truncated_array" if depth else "after_array")


def split_ranges(size: int, target: int) -> list[tuple[int, int]]:
    """Cut `size` bytes into ranges of about `target` bytes, [start, end); none for an empty object."""
    count = max(1, round(size / target))
    bounds = [size * number // count for number in range(count + 1)]
    return [(start, end) for start, end in pairwise(bounds) if end > start]


class RangeRows:
    """The rows of a JSONL object whose first byte lies in [start, end). Iterate once.

    Lines count from 1 at the first line that begins in the range; offsets are those of the object. `lines` tells
    afterwards how many lines, blank ones included, began in the range, so that the lines of later ranges can be told.
    """

    def __init__(self, stream: IO[bytes], start: int, end: int) -> None:
        self._stream = stream
        self._start = start
        self._end = end
        self.lines = 0

    def __iter__(self) -> Iterator[RawRow]:
        offset = self._start
        if offset:
            # The stream begins one byte early: where that byte is a line feed, a row begins at `start` itself.
            offset += _skip_line(self._stream) - 1
        while offset < self._end:
            raw, size = _read_line(self._stream)
            if not size:
                return
            self.lines += 1
            body = raw.removeprefix(UTF8_BOM) if not offset else raw
            if body.strip():
                problem = "row_too_long" if size > len(raw) else ""
                yield RawRow(self.lines, offset, body.rstrip(b"\r\n"), problem)
            offset += size


def read_range(stream_at: Callable[[int], IO[bytes]], start: int, end: int, total: int) -> RangeRows:
    """Return the rows that begin in [start, end) of a plain JSONL object of `total` bytes.

    `stream_at(byte)` opens the object at that byte; it is called once, the caller closes what it opened.
    """
    return RangeRows(stream_at(max(0, start - 1)), start, min(end, total))


def _read_line(stream: IO[bytes]) -> tuple[bytes, int]:
    """Return a line, cut at the largest row, and the bytes it really has."""
    raw = stream.readline(MAX_ROW_BYTES + 1)
    if len(raw) <= MAX_ROW_BYTES or raw.endswith(b"\n"):
        return raw, len(raw)
    return raw, len(raw) + _skip_line(stream)


def _skip_line(stream: IO[bytes]) -> int:
    """Read to the end of the line and return how many bytes that were."""
    skipped = 0
    while chunk := stream.readline(MAX_ROW_BYTES):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped
