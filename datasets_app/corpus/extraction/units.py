"""One unit of work: rows of some objects become the records that they give and a quarantine, written as they come.

Files of a unit, in the order of its rows: `.lines`, `.quarantine`, and for sets that bring records together `.index`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final
from uuid import uuid4

import msgspec
import numpy as np
import orjson

from datasets_app.corpus.engine.layout import once
from datasets_app.corpus.engine.places import Blob, Places, make_places
from datasets_app.corpus.engine.plan import Segment, open_rows
from datasets_app.corpus.engine.settings import Input, PlacesSpec
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.quarantine import quarantined
from datasets_app.corpus.reading import RangeRows
from datasets_app.corpus.routing import load_routing
from datasets_app.corpus.stages.facts import route_of

from .picking import Passed, Picker, Place, picker_of

#: A record by its key: where its line lies in `.lines`.
INDEX: Final = np.dtype([("k0", ">u8"), ("k1", ">u8"), ("offset", "<u8"), ("length", "<u4")])
KEY_BYTES: Final = 16
# A line of an expert validation set, which nothing is trained on; a row that only speaks of one is held back, too.
_EXPERT_SET: Final = b"pixelhub.expert-set/"
_SUFFIXES: Final = (".lines", ".quarantine", ".index")


class ExtractTask(msgspec.Struct, frozen=True, kw_only=True):
    """Segments of objects of one input; `names` are the objects as reports name them, one for each segment.

    `family` and `stage`
    are those of the set. `limit` ends the unit with the row that is its `limit`th kept one (0: never).
    """

    stem: str
    set: str
    family: str
    stage: int
    options: dict[str, Any]
    input: Input
    segments: list[Segment]
    names: list[str]
    places: PlacesSpec
    routing: str = ""
    limit: int = 0


class SegmentResult(msgspec.Struct, kw_only=True):
    """What was seen of one segment; `lines` began in it where it is a part of an object, else 0."""

    read: int = 0
    kept: int = 0
    records: int = 0
    lines: int = 0
    passed: dict[str, int] = {}
    broken: dict[str, int] = {}


class UnitResult(msgspec.Struct, kw_only=True):
    """What a unit counted; small, whatever its size."""

    segments: list[SegmentResult] = []
    raw_sum: str = ""
    sums: dict[str, dict[str, float]] = {}

    @property
    def kept(self) -> int:
        """Rows that gave records."""
        return sum(segment.kept for segment in self.segments)


def extract_unit(data: bytes) -> bytes:
    """Do one unit of work and return its UnitResult as JSON."""
    task = msgspec.json.decode(data, type=ExtractTask)
    return once(Path(f"{task.stem}.done"), lambda: _run(task, make_places(task.places)))


def _run(task: ExtractTask, places: Places) -> tuple[bytes, list[Path]]:
    picker = picker_of(task.set, task.options)
    token = uuid4().hex
    drafts = {Path(f"{task.stem}{suffix}"): Path(f"{task.stem}{suffix}.{token}.tmp") for suffix in _SUFFIXES}
    with ExitStack() as opened:
        unit = _Unit(task, picker, *(opened.enter_context(draft.open("wb")) for draft in drafts.values()))
        result = unit.run(places)
    for path, draft in drafts.items():
        draft.replace(path)
    return msgspec.json.encode(result), list(drafts)


class _Unit:
    def __init__(self, task: ExtractTask, picker: Picker, lines: IO[bytes], refused: IO[bytes], index: IO[bytes]):
        self._task = task
        self._picker = picker
        self._lines = lines
        self._refused = refused
        self._index = index
        self._offset = self._kept = self._raw_sum = 0

    def run(self, places: Places) -> UnitResult:
        task = self._task
        routing = load_routing(Path(task.routing) if task.routing else None)
        places.expect([Blob(part.key, part.size, part.version) for part in task.segments if not part.split])
        results = []
        for number, (segment, name) in enumerate(zip(task.segments, task.names, strict=True)):
            family, stage = route_of(segment.key, routing) or (task.input.family, task.input.stage)
            place = Place(name, family, stage, task.input, task.family, task.stage)
            results.append(self._segment(number, segment, place, places))
        return UnitResult(
            segments=results, raw_sum=f"{self._raw_sum % (1 << 256):064x}", sums=_sorted(self._picker.sums())
        )

    def _segment(self, number: int, segment: Segment, place: Place, places: Places) -> SegmentResult:
        result = SegmentResult()
        if self._is_full():
            return result
        passed: Counter[str] = Counter()
        broken: Counter[str] = Counter()
        with open_rows(segment, places) as found:
            for raw in found:
                result.read += 1
                self._raw_sum += int.from_bytes(hashlib.sha256(raw.raw).digest(), "big")
                try:
                    if _EXPERT_SET in raw.raw:
                        raise Passed("held_back")
                    records = self._picker.pick(raw, place)
                except Passed as passing:
                    passed[passing.reason] += 1
                except RowRejected as rejected:
                    broken[rejected.reason] += 1
                    row = quarantined(raw, rejected.reason, rejected.detail, keep=None)
                    self._refused.write(orjson.dumps({"object": place.name, "segment": number, **row}) + b"\n")
                else:
                    result.kept += 1
                    result.records += len(records)
                    self._kept += 1
                    for record, key in records:
                        self._write(record, key)
                    if self._is_full():
                        break
            result.lines = found.lines if isinstance(found, RangeRows) else 0
        result.passed, result.broken = dict(sorted(passed.items())), dict(sorted(broken.items()))
        return result

    def _is_full(self) -> bool:
        return bool(self._task.limit) and self._kept >= self._task.limit

    def _write(self, record: dict[str, Any], key: bytes) -> None:
        line = orjson.dumps(record, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
        self._lines.write(line)
        if key:
            first, second = int.from_bytes(key[:8], "big"), int.from_bytes(key[8:KEY_BYTES], "big")
            self._index.write(np.array([(first, second, self._offset, len(line))], dtype=INDEX).tobytes())
        self._offset += len(line)


def _sorted(sums: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {row: dict(sorted(columns.items())) for row, columns in sorted(sums.items())}
