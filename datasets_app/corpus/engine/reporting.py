"""The build report: what was refused and what was a copy, by file, line and byte. It is no part of the release.

report.json        the CompileReport
quarantine.jsonl   refused rows with reason and raw bytes
duplicates.jsonl   rows that lost against a copy, and where the copy lies; near-duplicates that were dropped
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import orjson

from .layout import LOSER, Array, read_rows_of, write_atomically
from .mapping import MapResult
from .placing import Places
from .plan import Unit
from .settings import CompileReport
from .winners import Winners

QUARANTINE: Final = "quarantine.jsonl"
DUPLICATES: Final = "duplicates.jsonl"
REPORT: Final = "report.json"


def write_reports(
    folder: Path,
    units: Sequence[Unit],
    stems: Sequence[str],
    mapped: Sequence[MapResult],
    winners: Winners,
    places: Places,
    report: CompileReport,
) -> None:
    """Write the three files."""
    folder.mkdir(parents=True, exist_ok=True)
    where = Where(units, [result.lines for result in mapped])
    write_atomically(folder / QUARANTINE, _quarantine(stems, where))
    write_atomically(folder / DUPLICATES, _duplicates(winners, places, where))
    write_atomically(folder / REPORT, [orjson.dumps(msgspec.to_builtins(report), option=orjson.OPT_INDENT_2)])


class Where:
    """Turns (unit, segment, line, offset) into a file and a line of that file.

    `lines` has for each unit how many lines began in each of its segments (RangeRows.lines, 0 for whole objects).
    """

    def __init__(self, units: Sequence[Unit], lines: Sequence[Sequence[int]]) -> None:
        self._units = units
        self._before: dict[tuple[str, int], int] = {}
        counted: dict[str, int] = {}
        parts = (
            (segment.key, segment.start, begun)
            for unit, counts in zip(units, lines, strict=True)
            for segment, begun in zip(unit.segments, counts, strict=True)
        )
        for key, start, begun in sorted(parts):
            self._before[key, start] = counted.get(key, 0)
            counted[key] = counted.get(key, 0) + begun

    def line(self, unit: int, segment: int, line: int) -> int:
        """Return the line of the file."""
        found = self._units[unit].segments[segment]
        return self._before[found.key, found.start] + line

    def described(self, unit: int, segment: int, line: int, offset: int) -> dict[str, Any]:
        """Return the file, the line and the byte as reports name them."""
        key = self._units[unit].segments[segment].key
        return {"object": key, "line": self.line(unit, segment, line), "byte_offset": offset}


def _quarantine(stems: Sequence[str], where: Where) -> Iterator[bytes]:
    for unit, stem in enumerate(stems):
        with Path(f"{stem}.quarantine").open("rb") as stream:
            for raw in stream:
                entry = orjson.loads(raw)
                entry["line"] = where.line(unit, entry.pop("segment"), entry["line"])
                yield orjson.dumps(entry) + b"\n"


def _duplicates(winners: Winners, places: Places, where: Where) -> Iterator[bytes]:
    for part, rows in winners.blocks():
        losers = read_rows_of(Path(f"{part.stem}.losers"), LOSER)
        kept = rows[losers["row"]]
        for loser, winner in zip(_fields(losers), _fields(kept), strict=True):
            yield _entry("exact", where.described(*loser), winner, where)
        dropped = np.flatnonzero(~places.kept[part.base : part.base + part.count])
        for gone in _fields(rows[dropped]):
            yield orjson.dumps({"why": "near", **where.described(*gone)}) + b"\n"


def _entry(why: str, place: dict[str, Any], winner: tuple[int, int, int, int], where: Where) -> bytes:
    return orjson.dumps({"why": why, **place, "kept": where.described(*winner)}) + b"\n"


def _fields(rows: Array) -> Iterator[tuple[int, int, int, int]]:
    return zip(*(rows[name].tolist() for name in ("unit", "segment", "line", "at")), strict=True)
