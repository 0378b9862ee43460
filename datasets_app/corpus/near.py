"""Near-duplicates across the sides of a boundary: train against test, an old release against a new one.

Band hashes lie in a file (128 bytes per record), so the search takes the memory of one band. Whoever shares a band is
a candidate; a candidate counts when the Jaccard similarity of the two texts reaches the threshold.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from .dedup.minhash import BANDS, bands, jaccard

# A text that half of a corpus repeats would pair everybody with everybody; a few witnesses are enough.
_PARTNERS: Final = 4
MAX_CANDIDATES: Final = 20_000


class BandSpill:
    """Band hashes of records on two or more sides, kept in a temporary file."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (lives as long as the search)
        self._sides = bytearray()
        self.cut = False  # whether `candidates` stopped at its limit

    def add(self, side: int, text: str) -> None:
        """Add the next record, which lies on `side`."""
        self._file.write(bands(text))
        self._sides.append(side)

    def candidates(self, limit: int = MAX_CANDIDATES) -> list[tuple[int, int]]:
        """Return pairs of ordinals (smaller first) that share a band and lie on different sides, `limit` at most."""
        self._file.flush()
        count = len(self._sides)
        if not count:
            return []
        table = np.memmap(self._file, dtype="u8", mode="r", shape=(count, BANDS))  # type: ignore[call-overload]
        sides = np.frombuffer(self._sides, dtype="u1")
        found: set[tuple[int, int]] = set()
        for band in range(BANDS):
            for pair in _pairs(np.array(table[:, band]), sides):
                found.add(pair)
                if len(found) >= limit:
                    self.cut = True
                    return sorted(found)
        return sorted(found)

    def close(self) -> None:
        """Drop the temporary file."""
        self._file.close()


def _pairs(keys: np.ndarray, sides: np.ndarray) -> Iterator[tuple[int, int]]:
    order = np.lexsort((sides, keys))
    ordered, side = keys[order], sides[order]
    same = ordered[1:] == ordered[:-1]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        members, on = order[start : end + 1], side[start : end + 1]
        if on[0] == on[-1]:
            continue
        for position in range(1, len(members)):
            for partner in range(min(position, _PARTNERS)):
                if on[partner] != on[position]:
                    yield _ordered(int(members[partner]), int(members[position]))


def _ordered(first: int, second: int) -> tuple[int, int]:
    return (first, second) if first < second else (second, first)


def confirmed(
    pairs: list[tuple[int, int]], texts: Callable[[set[int]], Mapping[int, str]], threshold: float
) -> list[tuple[int, int, float]]:
    """Return the pairs whose texts are alike from `threshold` on, each with its similarity; `texts` fetches them."""
    known = texts({ordinal for pair in pairs for ordinal in pair})
    found = []
    for first, second in pairs:
        if first in known and second in known:
            alike = jaccard(known[first], known[second])
            if alike >= threshold:
                found.append((first, second, alike))
    return found
