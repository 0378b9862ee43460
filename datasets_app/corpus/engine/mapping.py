"""The first stage: one unit of raw rows becomes prepared lines, a binary index, and what was refused.

Files of a unit, all in the order of content hashes: `.lines`, `.index` (layout.INDEX), `.keys` (layout.KEY),
`.bands` (128 bytes per record, with near-duplicates on); `.fences`, where in index and keys the hashes with each first
ten bits begin; and `.quarantine` in the order of the input.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import orjson

from datasets_app.corpus.dedup.minhash import bands_of_many, text_of
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.intake import Prepared, prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.quarantine import quarantined
from datasets_app.corpus.reading import RangeRows, RawRow
from datasets_app.corpus.structure import StructureRules

from .identifiers import Screen
from .layout import FENCES, INDEX, KEY, PACK_INDEX, Array, once, write_atomically
from .lines import Line, LineMaker, prepared_line
from .places import Blob, Places, make_places
from .plan import Segment, open_rows
from .settings import Input, PiiMode, PlacesSpec

_BATCH: Final = 64


class MapTask(msgspec.Struct, frozen=True, kw_only=True):
    """One unit: segments of objects of one input. `stem` is the path of its files without the suffix."""

    stem: str
    input: Input
    segments: list[Segment]
    rules: StructureRules
    pii: PiiMode
    bands: bool
    places: PlacesSpec


class MapResult(msgspec.Struct, kw_only=True):
    """What a unit counted; small, whatever its size. `raw_sum` adds up the SHA-256 of all rows, modulo 2^256."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    raw_sum: str = ""
    lines: list[int] = []  # lines that began in each segment, for parts of an object; else 0
    families: list[str] = []
    formats: dict[str, int] = {}
    reasons: dict[str, int] = {}
    pii_findings: dict[str, int] = {}


def map_unit(data: bytes) -> bytes:
    """Do one unit of work and return its MapResult as JSON."""
    task = msgspec.json.decode(data, type=MapTask)
    return once(Path(f"{task.stem}.done"), lambda: _Unit(task, make_places(task.places)).run())


class _Row(NamedTuple):
    """Where a row that was taken in came from."""

    segment: int
    line: int
    offset: int
    raw_sha256: str


class _Unit:
    def __init__(self, task: MapTask, places: Places) -> None:
        self._task = task
        self._places = places
        self._maker = LineMaker(task.input)
        self._screen = Screen(task.pii)
        self._family, self._rules = task.input.family, task.rules
        self._lines: list[bytes] = []
        self._index = bytearray()
        self._keys: list[tuple[int, int]] = []
        self._bands: list[bytes] = []
        self._quarantine = bytearray()
        self._families: dict[str, int] = {}
        self._formats: Counter[str] = Counter()
        self._offset = 0

    def run(self) -> tuple[bytes, list[Path]]:
        settle = self._settle_prepared if self._task.input.prepared else self._settle
        take: Callable[[RawRow], Any] = self._prepared if self._task.input.prepared else self._converted
        reasons: Counter[str] = Counter()
        read, raw_sum = 0, 0
        lines = []
        rows: list[_Row] = []
        taken: list[Any] = []
        self._places.expect([Blob(part.key, part.size, part.version) for part in self._task.segments if not part.split])
        for number, segment in enumerate(self._task.segments):
            with open_rows(segment, self._places) as found:
                for raw in found:
                    read += 1
                    try:
                        raw_sha256, item = take(raw)
                    except RowRejected as rejected:
                        raw_sha256 = hashlib.sha256(raw.raw).hexdigest()
                        reasons[rejected.reason] += 1
                        self._refuse(number, segment, raw, rejected)
                    else:
                        rows.append(_Row(number, raw.line, raw.offset, raw_sha256))
                        taken.append(item)
                        if len(rows) == _BATCH:
                            settle(rows, taken)
                            rows, taken = [], []
                    raw_sum += int(raw_sha256, 16)
                lines.append(found.lines if isinstance(found, RangeRows) else 0)
        settle(rows, taken)
        result = MapResult(
            read=read,
            accepted=len(self._lines),
            quarantined=reasons.total(),
            raw_sum=f"{raw_sum % (1 << 256):064x}",
            lines=lines,
            families=list(self._families),
            formats=dict(sorted(self._formats.items())),
            reasons=dict(sorted(reasons.items())),
            pii_findings=dict(sorted(self._screen.found.items())),
        )
        return msgspec.json.encode(result), self._write()

    def _prepared(self, raw: RawRow) -> tuple[str, tuple[Line, list[dict[str, str]]]]:
        return hashlib.sha256(raw.raw).hexdigest(), prepared_line(raw.raw)

    def _converted(self, raw: RawRow) -> tuple[str, Prepared]:
        found = prepare(raw, self._family, self._rules)
        return found.raw_sha256, found

    def _settle_prepared(self, rows: Sequence[_Row], taken: Sequence[tuple[Line, list[dict[str, str]]]]) -> None:
        for row, (line, _) in zip(rows, taken, strict=True):
            self._accept(row, line)
        self._formats["prepared"] += len(rows)
        self._note_bands([messages for _, messages in taken])

    def _settle(self, rows: Sequence[_Row], taken: Sequence[Prepared]) -> None:
        """Screen a batch of conversations at once, which costs less than one by one, and make their lines."""
        spoken = []
        screened = self._screen.apply([found.converted for found in taken])
        for row, found, (messages, changed, state) in zip(rows, taken, screened, strict=True):
            content = content_hash(messages) if changed else found.content_hash
            self._accept(row, self._maker.corpus_line(found.converted, messages, content, row.raw_sha256, state))
            self._formats[found.converted.format] += 1
            spoken.append(messages)
        self._note_bands(spoken)

    def _note_bands(self, spoken: Sequence[list[dict[str, str]]]) -> None:
        if self._task.bands:
            self._bands += bands_of_many([text_of(messages) for messages in spoken])

    def _accept(self, row: _Row, line: Line) -> None:
        number = len(self._lines)
        family = self._families.setdefault(line.family, len(self._families))
        self._index += PACK_INDEX(
            line.digest, bytes.fromhex(row.raw_sha256[:16]), self._offset, row.offset, len(line.data), line.splice,
            row.line, row.segment, family, line.codes,
        )  # fmt: skip
        self._lines.append(line.data)
        self._offset += len(line.data)
        for key in line.group_keys:
            digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            self._keys.append((int.from_bytes(digest, "little"), number))

    def _refuse(self, number: int, segment: Segment, raw: RawRow, rejected: RowRejected) -> None:
        entry = {"object": segment.key, "segment": number, **quarantined(raw, rejected.reason, rejected.detail)}
        self._quarantine += orjson.dumps(entry) + b"\n"

    def _write(self) -> list[Path]:
        """Write the unit's files in the order of content hashes and return them."""
        index = np.frombuffer(self._index, dtype=INDEX).copy()
        order = np.lexsort((index["at"], index["segment"], index["h1"], index["h0"]))
        index = index[order]
        index["offset"] = np.concatenate(([0], np.cumsum(index["length"][:-1], dtype=np.uint64)))[: len(index)]
        chosen = order.tolist()
        keys = self._sorted_keys(order)
        starts = np.searchsorted(index["h0"] >> np.uint64(54), np.arange(FENCES + 1))
        files: dict[str, Iterable[bytes | bytearray]] = {
            "lines": map(self._lines.__getitem__, chosen),
            "index": [index.tobytes()],
            "keys": [keys.tobytes()],
            "fences": [np.stack([starts, np.searchsorted(keys["row"], starts)]).astype("<u4").tobytes()],
            "quarantine": [self._quarantine],
        }
        if self._task.bands:
            files["bands"] = map(self._bands.__getitem__, chosen)
        paths = []
        for suffix, data in files.items():
            path = Path(f"{self._task.stem}.{suffix}")
            write_atomically(path, data)
            paths.append(path)
        return paths

    def _sorted_keys(self, order: Array) -> Array:
        place = np.empty(len(order), dtype=np.uint32)
        place[order] = np.arange(len(order), dtype=np.uint32)
        keys = np.array(self._keys, dtype=KEY)
        keys["row"] = place[keys["row"]]
        return keys[np.argsort(keys["row"], kind="stable")]
