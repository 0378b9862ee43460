"""Units of work: byte ranges of plain JSONL, whole objects of any other kind, many small objects together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Final

import msgspec

from datasets_app import corpus
from datasets_app.corpus.reading import RawRow, read_range, read_rows, split_ranges

from .places import Blob, Places
from .settings import Input

_PLAIN_LINES: Final = (".jsonl", ".ndjson")
_PACKED: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_OBJECTS_PER_UNIT: Final = 2_000


class Segment(msgspec.Struct, frozen=True):
    """Bytes [start, end) of an object; `split` says that rows are lines, so that a part can be read alone."""

    key: str
    version: str
    size: int
    start: int
    end: int
    split: bool


class Unit(msgspec.Struct, frozen=True):
    """What one task reads: segments of objects that belong to one input."""

    input: Input
    segments: list[Segment]

    @property
    def weight(self) -> int:
        """Bytes to read."""
        return sum(segment.end - segment.start for segment in self.segments)

    def name(self, conditions: bytes) -> str:
        """Return a name that changes with anything that could change the unit's result."""
        return hashlib.sha256(conditions + msgspec.json.encode(self)).hexdigest()[:32]


@cache
def code_digest() -> str:
    """Return a hash over the source of the corpus package: units that other code made are not used."""
    digest = hashlib.sha256()
    for path in sorted(Path(corpus.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def plan_units(inputs: Sequence[Input], places: Places, unit_bytes: int) -> list[Unit]:
    """Return the units of all inputs, in the order of the inputs and their objects. Raises UnreadableFile.

    So rows of one unit after the other are the rows of the inputs in their order, whatever the size of a unit.
    """
    units = []
    for entry in inputs:
        waiting: list[Segment] = []
        size = 0
        for blob in sorted(places.find(entry.address)):
            parts = _segments(blob, places, unit_bytes)
            alone = len(parts) > 1
            if waiting and (alone or size + blob.size > unit_bytes or len(waiting) >= _OBJECTS_PER_UNIT):
                units.append(Unit(entry, waiting))
                waiting, size = [], 0
            if alone:
                units += [Unit(entry, [part]) for part in parts]
                continue
            waiting += parts
            size += blob.size
        if waiting:
            units.append(Unit(entry, waiting))
    return units


def _segments(blob: Blob, places: Places, unit_bytes: int) -> list[Segment]:
    if blob.size > unit_bytes and blob.key.lower().endswith(_PLAIN_LINES):
        with places.open(blob.key) as stream:
            packed = stream.read(4).startswith(_PACKED)
        if not packed:
            ranges = split_ranges(blob.size, unit_bytes)
            return [Segment(blob.key, blob.version, blob.size, start, end, True) for start, end in ranges]
    return [Segment(blob.key, blob.version, blob.size, 0, blob.size, False)]


@contextmanager
def open_rows(segment: Segment, places: Places) -> Iterator[Iterable[RawRow]]:
    """Give the rows of a segment: those whose first byte lies in it. RangeRows for a part of an object."""
    if not segment.split:
        with places.open(segment.key, version=segment.version) as stream:
            yield read_rows(stream, segment.key)
        return
    streams: list[IO[bytes]] = []

    def stream_at(place: int) -> IO[bytes]:
        streams.append(places.open(segment.key, place, segment.version))
        return streams[-1]

    try:
        yield read_range(stream_at, segment.start, segment.end, segment.size)
    finally:
        for stream in streams:
            stream.close()
