"""Finding duplicates among any number of texts: exact copies, the same record hash, near-duplicates.

`Finder.add` takes records as they come and writes them to an index on disk. `Finder.finish` then works through
parts that fit in memory: rows by content digest, contents by record hash, contents by band hash, pairs to be
confirmed. Contents are numbered in the order of their digests, so the order of arrival changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec
import numpy as np
import numpy.typing as npt

from . import minhash
from .confirm import ShingleFile, confirm_pairs
from .pairing import candidates_by_band, candidates_by_identity
from .resolve import Copy, resolve
from .seen import ExactSeen
from .spill import PART_BYTES, Rows, Spill, Table, parts_for

ROW: Final = np.dtype(
    [
        ("key", "<u8"),
        ("digest", "<u8", 2),
        ("identity", "<u8", 2),
        ("rank", "<u8", 2),
        ("protected", "?"),
        ("first", "?"),
        ("bands", "<u8", minhash.BANDS),
    ]
)
EXACT: Final = np.dtype([("copy", "<u8"), ("kept", "<u8")])
NO_IDENTITY: Final = bytes(16)

Texts = Callable[[npt.NDArray[np.uint64]], Iterable[tuple[int, str]]]
Progress = Callable[[str, int, int], None]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A record to be compared.

    `key` is the caller's number for it, `digest` and `identity` 16 bytes of its content hash and record hash
    (`NO_IDENTITY` where it has no id of its own), `rank` 16 bytes of which the smallest stays, `protected` an edge
    case, which is never dropped for being alike.
    """

    key: int
    digest: bytes
    identity: bytes
    rank: bytes
    protected: bool
    text: str


class Found:
    """What a search found. The lists lie on disk; the iterators read them in pieces."""

    def __init__(
        self, contents: Rows, exact: Table, copies: Sequence[Copy], clusters: int, flagged: Sequence[int]
    ) -> None:
        # Keys of rows that are no edge case themselves, but a byte-identical copy of which was flagged as one.
        self.flagged = flagged
        self.contents = len(contents)
        self.clusters = clusters
        self.near = sum(1 for copy in copies if copy.kind == "near" and not copy.protected)
        self.record_hash = sum(1 for copy in copies if copy.kind == "record_hash" and not copy.protected)
        self.protected = sum(1 for copy in copies if copy.protected)
        self._exact = exact
        self._copies = copies
        self._keys = contents["key"]

    @property
    def exact(self) -> int:
        """Rows whose content came by already."""
        return self._exact.rows

    def exact_copies(self) -> Iterator[tuple[int, int]]:
        """Keys of a byte-identical copy and of the row that stays."""
        for _, piece in self._exact.pieces():
            yield from zip(piece["copy"].tolist(), piece["kept"].tolist(), strict=True)

    def copies(self) -> Iterator[tuple[int, int, Copy]]:
        """Keys of a copy and of the one that stays, with what makes it a copy."""
        for copy in self._copies:
            yield int(self._keys[copy.copy]), int(self._keys[copy.kept]), copy


class Finder:
    """One search. Use as a context manager; `workdir` holds its index (about 200 bytes per record)."""

    def __init__(
        self, workdir: Path, *, threshold: float = minhash.DEFAULT_THRESHOLD, part_bytes: int = PART_BYTES
    ) -> None:
        if not 0.5 <= threshold <= 1.0:
            raise ValueError("the threshold lies between 0.5 and 1")
        self.threshold = threshold
        self._workdir = workdir
        self._part_bytes = part_bytes
        self._index = Table(workdir / "index.rows", ROW)
        self._flagged: list[int] = []
        self.seen = ExactSeen(workdir)

    def __enter__(self) -> Self:
        self.seen.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.seen.__exit__(kind, error, at)

    def add(self, entries: Sequence[Entry]) -> None:
        """Take records in; some hundreds at once are quickest. A copy of a known content costs no MinHash."""
        if not entries:
            return
        rows = np.zeros(len(entries), dtype=ROW)
        rows["key"] = [entry.key for entry in entries]
        for name in ("digest", "identity", "rank"):
            packed = b"".join([getattr(entry, name) for entry in entries])
            rows[name] = np.frombuffer(packed, dtype=">u8").reshape(-1, 2)
        rows["protected"] = [entry.protected for entry in entries]
        new = [place for place, entry in enumerate(entries) if self.seen.add(entry.digest)]
        rows["first"][new] = True
        if new:
            packed = b"".join(minhash.bands_of_many([entries[place].text for place in new]))
            rows["bands"][new] = np.frombuffer(packed, dtype="<u8").reshape(-1, minhash.BANDS)
        self._index.append(rows)

    def finish(self, texts: Texts, progress: Progress = lambda stage, done, total: None) -> Found:
        """Find the duplicates. `texts` returns the texts of sorted keys, in any order; `progress` may raise."""
        exact = Table(self._workdir / "exact.rows", EXACT)
        contents = self._contents(exact, progress)
        candidates = self._candidates(contents, progress)
        shingles = ShingleFile(self._workdir / "shingles.bin")
        pairs = confirm_pairs(candidates, contents["key"], texts, shingles, threshold=self.threshold, progress=progress)
        copies, clusters = resolve(pairs, contents["rank"], contents["protected"], shingles, threshold=self.threshold)
        return Found(contents, exact, copies, clusters, self._flagged)

    def _contents(self, exact: Table, progress: Progress) -> Rows:
        """Write each content once, in the order of digests, with its best row; the other rows are exact copies."""
        parts = parts_for(self._index.rows, ROW, self._part_bytes)
        spill = Spill(self._workdir, "digest", ROW, parts)
        for start, piece in self._index.pieces():
            progress("index", start + len(piece), self._index.rows)
            spill.add(piece, piece["digest"][:, 0])
        table = Table(self._workdir / "contents.rows", ROW)
        for part in range(parts):
            progress("exact", part, parts)
            rows = spill.load(part)
            if len(rows):
                table.append(self._collapse(rows, exact))
        spill.remove()
        return table.view()

    def _candidates(self, contents: Rows, progress: Progress) -> Iterator[Any]:
        """Yield arrays of candidate pairs: those under one record hash, then those that share a band."""
        yield from candidates_by_identity(contents, self._workdir, self._part_bytes)
        yield from candidates_by_band(contents, self._workdir, self._part_bytes, progress)

    def _collapse(self, rows: Rows, exact: Table) -> Rows:
        digest, rank = rows["digest"], rows["rank"]
        order = np.lexsort((rows["key"], rank[:, 1], rank[:, 0], digest[:, 1], digest[:, 0]))
        rows = rows[order]
        digest = rows["digest"]
        starts = np.flatnonzero(np.concatenate(([True], (digest[1:] != digest[:-1]).any(axis=1))))
        kept = rows[starts]
        # The copy that came first carries the bands; a flag of any copy holds for the one that stays.
        kept["bands"] = rows["bands"][rows["first"]]
        flags = np.logical_or.reduceat(rows["protected"], starts)
        self._flagged += kept["key"][flags & ~kept["protected"]].tolist()
        kept["protected"] = flags
        sizes = np.diff(np.append(starts, len(rows)))
        copies = np.ones(len(rows), dtype=bool)
        copies[starts] = False
        found = np.empty(len(rows) - len(starts), dtype=EXACT)
        found["copy"] = rows["key"][copies]
        found["kept"] = np.repeat(kept["key"], sizes - 1)
        exact.append(found)
        return kept
