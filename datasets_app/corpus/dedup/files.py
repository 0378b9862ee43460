"""Duplicates over conversation files: a dry run that reports, a confirmed one that writes what stays and what goes.

Files are read twice (three times when confirmed) and never held in memory. Rows that cannot be read stand in the
removed file with their reason, so that rows = kept + removed always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.formats import Converted
from datasets_app.corpus.hashing import record_hash
from datasets_app.corpus.intake import Prepared, prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.reading import RawRow, read_rows
from datasets_app.corpus.structure import StructureRules

from . import minhash
from .finder import NO_IDENTITY, Entry, Finder, Found
from .priority import rank
from .spill import Table

Progress = Callable[[str, int, int], None]
_BATCH: Final = 256
_REF: Final = np.dtype([("file", "<u4"), ("line", "<u8")])
# A row of any shape is compared; whether it may be trained on is not asked here.
_ANY_SHAPE: Final = StructureRules(
    min_turns=None, max_turns=None, max_turn_chars=None, needs_user=False, alternating=False
)


class FileSettings(msgspec.Struct, frozen=True):
    """How files are searched. `stage` and `source` hold for rows that do not state their own."""

    threshold: float = minhash.DEFAULT_THRESHOLD
    family: str = ""
    stage: int = 1
    source: str = "real"


class FileSearch:
    """A search over files. `run` finds; `write` acts; both leave the inputs as they are."""

    def __init__(self, paths: Sequence[Path], workdir: Path, settings: FileSettings) -> None:
        self._paths = list(paths)
        self._settings = settings
        self._workdir = workdir
        self._refs = np.empty(0, dtype=_REF)
        self.unreadable = 0
        self.found: Found | None = None

    def run(self, progress: Progress = lambda stage, done, total: None) -> Found:
        """Search. Raises UnreadableFile for a file that cannot be read at all."""
        refs = Table(self._workdir / "refs.rows", _REF)
        with Finder(self._workdir, threshold=self._settings.threshold) as finder:
            rows = self._rows()
            while batch := list(islice(rows, _BATCH)):
                refs.append(np.array([(file, raw.line) for _, file, raw in batch], dtype=_REF))
                entries = [entry for number, _, raw in batch if (entry := self._entry(number, raw)) is not None]
                self.unreadable += len(batch) - len(entries)
                finder.add(entries)
                progress("read", refs.rows, 0)
            self._refs = refs.view()
            self.found = finder.finish(self._texts, progress)
        return self.found

    def report(self) -> dict[str, Any]:
        """Counts, the shares of copies, and whether they meet the targets of D7."""
        found = self._searched()
        rows = len(self._refs)
        readable = rows - self.unreadable
        near_share = (found.exact + found.near) / readable if readable else 0.0
        return {
            "rows": rows,
            "unreadable": self.unreadable,
            "exact": found.exact,
            "near": found.near,
            "record_hash": found.record_hash,
            "protected": found.protected,
            "contents": found.contents,
            "clusters": found.clusters,
            "threshold": self._settings.threshold,
            "share": round(near_share, 6),
            "meets_corpus_target": near_share < taxonomy.DUPLICATES_IN_CORPUS,
            "meets_release_target": near_share < taxonomy.DUPLICATES_IN_RELEASE,
        }

    def pairs(self) -> Iterator[dict[str, Any]]:
        """Every copy with the row that stays, by file and line; no words."""
        found = self._searched()
        for copy, kept in found.exact_copies():
            yield {"kind": "exact", "similarity": 1.0, "protected": False, **self._both(copy, kept)}
        for copy, kept, pair in found.copies():
            yield {
                "kind": pair.kind,
                "similarity": round(pair.similarity, 4),
                "protected": pair.protected,
                **self._both(copy, kept),
            }

    def write(self, output: Path, removed: Path, *, record_hash_too: bool = False) -> dict[str, int]:
        """Write the rows that stay, as they came, to `output`, and the others to `removed` with the reason.

        Copies under one record hash go only with `record_hash_too`; edge cases are never dropped for being alike.
        Where a byte-identical copy was flagged as an edge case, the row that stays gets the flag.
        """
        going = self._going(record_hash_too)
        flagged = set(self._searched().flagged)
        counts = {"kept": 0, "removed": 0}
        with output.open("wb") as kept_sink, removed.open("wb") as removed_sink:
            for number, _, raw in self._rows():
                reason = self._reason(going.get(number), raw)
                if not reason:
                    kept_sink.write(_line(raw, edge_case=number in flagged))
                    counts["kept"] += 1
                else:
                    removed_sink.write(orjson.dumps({**self._place(number), **reason, **_raw_field(raw.raw)}) + b"\n")
                    counts["removed"] += 1
        return counts

    def _going(self, record_hash_too: bool) -> dict[int, tuple[str, float, int]]:
        """Rows that go: why, how alike they are, and which row stays."""
        found = self._searched()
        alike = {
            copy: (pair.kind, round(pair.similarity, 4), kept)
            for copy, kept, pair in found.copies()
            if not pair.protected and (pair.kind == "near" or record_hash_too)
        }
        # The row of which this is an exact copy may go itself; then what it is like stays for both.
        exact = {copy: ("exact", 1.0, alike[kept][2] if kept in alike else kept) for copy, kept in found.exact_copies()}
        return alike | exact

    def _reason(self, copy_of: tuple[str, float, int] | None, raw: RawRow) -> dict[str, Any]:
        if copy_of is not None:
            reason, similarity, kept = copy_of
            return {"reason": reason, "similarity": similarity, "kept": self._place(kept)}
        try:
            prepare(raw, self._settings.family, _ANY_SHAPE)
        except RowRejected as rejected:
            return {"reason": "unreadable", "code": rejected.reason}
        return {}

    def _rows(self) -> Iterator[tuple[int, int, RawRow]]:
        number = 0
        for file, path in enumerate(self._paths):
            for raw in read_rows(path, path.name):
                yield number, file, raw
                number += 1

    def _entry(self, number: int, raw: RawRow) -> Entry | None:
        try:
            prepared = prepare(raw, self._settings.family, _ANY_SHAPE)
        except RowRejected:
            return None
        return entry_of(number, prepared, self._settings)

    def _texts(self, keys: npt.NDArray[np.uint64]) -> Iterable[tuple[int, str]]:
        place, wanted = 0, keys.tolist()
        for number, _, raw in self._rows():
            if place < len(wanted) and wanted[place] == number:
                place += 1
                yield number, minhash.text_of(prepare(raw, self._settings.family, _ANY_SHAPE).converted.messages)

    def _both(self, copy: int, kept: int) -> dict[str, Any]:
        return {"copy": self._place(copy), "kept": self._place(kept)}

    def _place(self, number: int) -> dict[str, Any]:
        file, line = self._refs[number].tolist()
        return {"input": str(self._paths[file]), "line": line}

    def _searched(self) -> Found:
        if self.found is None:
            raise RuntimeError("run the search first")
        return self.found


def entry_of(number: int, prepared: Prepared, settings: FileSettings) -> Entry:
    """Return what the finder must know of a row."""
    converted = prepared.converted
    stage = _stated_stage(converted) or settings.stage
    source = _stated(converted, "source", taxonomy.SOURCES) or settings.source
    identity = NO_IDENTITY
    if converted.external_id:
        named = record_hash(converted.external_id, stage, source, converted.proposed_severity)
        identity = bytes.fromhex(named)[:16]
    return Entry(
        key=number,
        digest=bytes.fromhex(prepared.content_hash.removeprefix("sha256:"))[:16],
        identity=identity,
        rank=rank(stage=stage, labelled=bool(converted.proposed_type), source=source, raw_sha256=prepared.raw_sha256),
        protected=converted.is_edge_case,
        text=minhash.text_of(converted.messages),
    )


def _stated_stage(converted: Converted) -> int:
    found = _stated(converted, "stage", [*taxonomy.STAGES, *map(str, taxonomy.STAGES)])
    return int(found) if found else 0


def _stated(converted: Converted, name: str, allowed: Iterable[Any]) -> Any:
    """A field that the row states itself, at its top or in its metadata; "" where it states nothing we know."""
    row = converted.metadata.get("input", {})
    nested = row.get("metadata")
    for place in (row, nested if isinstance(nested, dict) else {}):
        value = place.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and value in allowed:
            return value
    return ""


def _line(raw: RawRow, *, edge_case: bool) -> bytes:
    """The row as one line; its bytes are only touched where they span lines or a flag must be added."""
    if raw.is_text:
        return orjson.dumps({"text": raw.raw.decode("utf-8").strip()}) + b"\n"
    if not edge_case and b"\n" not in raw.raw and b"\r" not in raw.raw:
        return raw.raw + b"\n"
    row = orjson.loads(raw.raw)
    if edge_case:
        row["is_edge_case"] = True
    return orjson.dumps(row) + b"\n"


def _raw_field(raw: bytes) -> dict[str, str]:
    try:
        return {"raw": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"raw_hex": raw.hex()}
