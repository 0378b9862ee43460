"""Blocks of a text file, set apart by lines of three dashes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from datasets_app.corpus.text import UTF8_BOM

from . import rows
from .rows import DamagedFile, RawRow, read_line


def text_rows(stream: IO[bytes]) -> Iterator[RawRow]:
    """Yield each block as one row of plain dialogue text, in memory no larger than the longest row."""
    parts: list[bytes] = []
    line = begun = 1
    offset = start = size = 0
    while True:
        try:
            raw, length = read_line(stream)
        except DamagedFile as damage:
            yield RawRow(begun, start, b"".join(parts), damage.problem, is_text=True)
            return
        if not offset and raw.startswith(UTF8_BOM):
            raw, start = raw[len(UTF8_BOM) :], len(UTF8_BOM)
        ends = raw.rstrip() == b"---"
        if ends or not length:
            block = b"".join(parts)
            if block.strip():
                problem = "row_too_long" if size > rows.MAX_ROW_BYTES else ""
                yield RawRow(begun, start, block, problem, is_text=True)
            parts, size, begun, start = [], 0, line + 1, offset + length
        else:
            if size <= rows.MAX_ROW_BYTES:
                parts.append(raw)
            size += length
        if not length:
            return
        line += 1
        offset += length
