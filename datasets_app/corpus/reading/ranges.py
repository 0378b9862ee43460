"""Byte ranges of plain JSONL: units of work that can be read each on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import IO

from .rows import RawRow, line_rows, read_line, skip_line


def split_ranges(size: int, target: int) -> list[tuple[int, int]]:
    """Cut `size` bytes into ranges of about `target` bytes, [start, end); none for an empty object."""
    count = max(1, round(size / target))
    bounds = [size * number // count for number in range(count + 1)]
    return [(start, end) for start, end in pairwise(bounds) if end > start]


class RangeRows:
    """The rows of a JSONL object whose line begins in [start, end). Iterate once.

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
            offset += skip_line(self._stream) - 1
        while offset < self._end:
            raw, size = read_line(self._stream)
            if not size:
                return
            self.lines += 1
            yield from line_rows(self.lines, offset, raw, size)
            offset += size


def read_range(stream_at: Callable[[int], IO[bytes]], start: int, end: int, total: int) -> RangeRows:
    """Return the rows that begin in [start, end) of a plain JSONL object of `total` bytes.

    `stream_at(byte)` opens the object at that byte; it is called once, the caller closes what it opened.
    """
    return RangeRows(stream_at(max(0, start - 1)), start, min(end, total))
