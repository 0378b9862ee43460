"""Elements of a JSON array, or JSON objects one after another, without parsing and in constant memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedReader
from typing import Final

from . import rows
from .rows import DamagedFile, RawRow, row_of

_CHUNK: Final = 256 * 1024
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
_TO_QUOTE: Final = re.compile(rb"(?:[^\"\\]++|\\.)*+", re.DOTALL)


def array_rows(stream: BufferedReader, line: int, offset: int) -> Iterator[RawRow]:
    """Yield the elements of an array whose opening bracket was read; one bad element spoils only itself.

    `line` and `offset` are those of the stream's first byte.
    """
    return _Splitter(stream, line, offset, in_array=True).rows()


def object_rows(stream: BufferedReader, line: int, offset: int) -> Iterator[RawRow]:
    """Yield JSON objects that follow one another, with or without line feeds between and inside them."""
    return _Splitter(stream, line, offset, in_array=False).rows()


class _Splitter:
    """Splits at commas outside of any element (in an array) or after the bracket that closes an element."""

    def __init__(self, stream: BufferedReader, line: int, offset: int, *, in_array: bool) -> None:
        self._stream = stream
        self._in_array = in_array
        self._data = b""
        # The line at the byte `_counted` of the data, whose first byte has the offset `_offset`.
        self._line, self._counted, self._offset = line, 0, offset
        self._start = self._place = self._depth = 0
        self._in_string = self._closed = False
        self._long: RawRow | None = None

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows; the last one has a problem where the stream ends too early or is damaged."""
        while not self._closed:
            try:
                chunk = self._stream.read1(_CHUNK)
            except DamagedFile as damage:
                begin, line = self._begin(self._data[self._start :])
                body = self._data[begin : begin + rows.MAX_ROW_BYTES]
                yield RawRow(line, self._offset + begin, body, damage.problem)
                return
            if not chunk:
                break
            self._forget()
            self._data += chunk
            for end, following in self._boundaries():
                yield from self._row(end)
                self._start = following
        yield from self._rest()

    def _forget(self) -> None:
        """Drop the bytes before the row that was begun, and all but the head of a row that is too long."""
        if self._place - self._start > rows.MAX_ROW_BYTES:
            if self._long is None:
                self._long = self._too_long(self._data[self._start : self._place])
            self._start = self._place
        self._line += self._data.count(b"\n", self._counted, self._start)
        self._data = self._data[self._start :]
        self._offset += self._start
        self._place -= self._start
        self._start = self._counted = 0

    def _too_long(self, body: bytes) -> RawRow:
        begin, line = self._begin(body)
        return RawRow(line, self._offset + begin, body.lstrip()[: rows.MAX_ROW_BYTES], "row_too_long")

    def _begin(self, body: bytes) -> tuple[int, int]:
        """Return the place and the line of the first byte of a row that is no white space."""
        begin = self._start + len(body) - len(body.lstrip())
        self._line += self._data.count(b"\n", self._counted, begin)
        self._counted = begin
        return begin, self._line

    def _row(self, end: int) -> Iterator[RawRow]:
        body = self._data[self._start : end]
        if self._long is not None:
            yield self._long
            self._long = None
        elif len(body) > rows.MAX_ROW_BYTES:
            yield self._too_long(body)
        elif body.strip():
            begin, line = self._begin(body)
            yield from row_of(line, self._offset + begin, body.strip())

    def _rest(self) -> Iterator[RawRow]:
        """Yield what comes after the last whole row."""
        body = self._data[self._start :]
        if self._closed:
            while len(body) <= rows.MAX_ROW_BYTES and (chunk := self._stream.read(_CHUNK)):
                body += chunk
        if self._long is not None:
            yield self._long
        elif body.strip():
            begin, line = self._begin(body)
            problem = "after_array" if self._closed else "truncated_array" if self._in_array else ""
            yield RawRow(line, self._offset + begin, body.strip()[: rows.MAX_ROW_BYTES], problem)

    def _boundaries(self) -> Iterator[tuple[int, int]]:
        """Yield where a row ends and the next begins, and leave `_place` where scanning goes on."""
        data, place = self._data, self._place
        while place < len(data) and not self._closed:
            if self._in_string:
                matched = _TO_QUOTE.match(data, place)
                place = matched.end() if matched else place
                if place >= len(data) or data[place] != 0x22:
                    break
                self._in_string = False
                place += 1
            for token in _TOKEN.finditer(data, place):
                place = token.end()
                first = data[token.start()]
                if first == 0x22:
                    if token.end() - token.start() == 1:
                        self._in_string = True
                        break
                elif first in b"[{":
                    self._depth += 1
                elif first in b"]}":
                    self._depth -= 1
                    if self._in_array and self._depth < 0:
                        self._closed = True
                        yield token.start(), place
                        break
                    if not self._in_array and self._depth <= 0:
                        self._depth = 0
                        yield place, place
                elif self._in_array and not self._depth:
                    yield token.start(), place
            else:
                place = len(data)
        self._place = place
