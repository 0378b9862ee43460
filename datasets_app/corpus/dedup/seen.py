"""Which digests came by already: a Bloom filter says "surely new" or "maybe", and the exact digests decide.

A Bloom filter alone would now and then call a new conversation a copy, and that would delete a person's words. Here
it only saves the look-ups of what is surely new, which is nearly everything. The digests lie in sorted runs on disk,
so memory stays the same however many there are; a filter that is too small makes this slower, never wrong.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from rbloom import Bloom

DIGEST_BYTES: Final = 16
_RECENT: Final = 1 << 16
_RUNS_BEFORE_MERGE: Final = 8
_MERGE_ROWS: Final = 1 << 16
_DIGEST: Final = np.dtype([("high", "<u8"), ("low", "<u8")])

_Run = npt.NDArray[np.void]


class ExactSeen:
    """A set of 16-byte digests in constant memory. Use as a context manager; its files go when it closes."""

    def __init__(
        self, folder: Path, *, expected: int = 1_000_000, error_rate: float = 0.01, recent: int = _RECENT
    ) -> None:
        """`expected` sizes the filter (about 1.2 MB per million at 1%); `recent` digests stay in memory."""
        self._folder = folder
        self._bloom = Bloom(max(expected, 1), error_rate, hash_func=_filter_hash)
        self._recent: set[bytes] = set()
        self._limit = recent
        self._runs: list[_Run] = []
        self._made = 0
        self.asked = 0
        self.maybe = 0
        self.known = 0

    @property
    def false_positives(self) -> int:
        """How often the filter said "maybe" of a digest that was new."""
        return self.maybe - self.known

    def add(self, digest: bytes) -> bool:
        """Add a digest of 16 bytes; return whether it is new. Raises ValueError for another length."""
        new = digest not in self
        if new:
            self._bloom.add(digest)
            self._recent.add(digest)
            if len(self._recent) >= self._limit:
                self._spill()
        return new

    def __contains__(self, digest: bytes) -> bool:
        if len(digest) != DIGEST_BYTES:
            raise ValueError(f"a digest has {DIGEST_BYTES} bytes")
        self.asked += 1
        if digest not in self._bloom:
            return False
        self.maybe += 1
        found = digest in self._recent or any(_holds(run, digest) for run in self._runs)
        self.known += found
        return found

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._runs = []
        for path in self._folder.glob("seen-*.run"):
            path.unlink()

    def _spill(self) -> None:
        digests = np.frombuffer(b"".join(self._recent), dtype=">u8").astype("<u8").view(_DIGEST)
        self._recent = set()
        path = self._new_path()
        _sorted(digests).tofile(path)
        self._runs.append(_open_run(path))
        if len(self._runs) >= _RUNS_BEFORE_MERGE:
            self._merge()

    def _merge(self) -> None:
        """Join the two shortest runs, so that few and long ones remain."""
        self._runs.sort(key=len)
        first, second, *rest = self._runs
        path = self._new_path()
        _merge_to(first, second, path)
        self._runs = [*rest, _open_run(path)]
        for old in (first, second):
            Path(str(old.filename)).unlink()  # type: ignore[attr-defined]

    def _new_path(self) -> Path:
        self._made += 1
        return self._folder / f"seen-{self._made}.run"


def _filter_hash(digest: bytes) -> int:
    return int.from_bytes(digest, "little", signed=True)


def _open_run(path: Path) -> _Run:
    return np.memmap(path, dtype=_DIGEST, mode="r")


def _holds(run: _Run, digest: bytes) -> bool:
    high, low = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")
    start = int(np.searchsorted(run["high"], np.uint64(high)))
    end = int(np.searchsorted(run["high"], np.uint64(high), side="right"))
    return bool((run["low"][start:end] == np.uint64(low)).any())


def _sorted(rows: _Run) -> _Run:
    return rows[np.lexsort((rows["low"], rows["high"]))]


def _merge_to(first: _Run, second: _Run, path: Path) -> None:
    """Merge two sorted runs in pieces, so that neither has to be in memory."""
    runs, places = (first, second), [0, 0]
    with path.open("wb") as sink:
        while any(place < len(run) for run, place in zip(runs, places, strict=True)):
            # What lies below the nearest end of a piece is complete in both pieces.
            ahead = [place + _MERGE_ROWS for place in places]
            limits = [int(run["high"][end]) for run, end in zip(runs, ahead, strict=True) if end < len(run)]
            ends = [len(run) for run in runs]
            if limits:
                ends = [int(np.searchsorted(run["high"], np.uint64(min(limits)), side="right")) for run in runs]
            pieces = [run[place:end] for run, place, end in zip(runs, places, ends, strict=True)]
            _sorted(np.concatenate(pieces)).tofile(sink)
            places = ends
