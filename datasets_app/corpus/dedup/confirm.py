"""From candidates to pairs: the exact similarity of the texts' shingles, which are fetched once and kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from .minhash import Hashes, jaccard_of, shingles
from .spill import Rows

_CHUNK_PAIRS: Final = 1000
_EMPTY: Final = np.empty(0, dtype=np.uint64)


class Pair(msgspec.Struct, frozen=True, gc=False):
    """Two contents (by number) with their similarity; `named` when they have the same record hash."""

    low: int
    high: int
    similarity: float
    named: bool


class ShingleFile:
    """The distinct shingles of some contents, sorted, one after the other in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[int, tuple[int, int]] = {}
        self._mapped = _EMPTY

    def fill(self, texts: Iterable[tuple[int, str]]) -> None:
        """Write the shingles of each numbered text."""
        start = 0
        with self._path.open("wb") as sink:
            for number, text in texts:
                found = np.unique(shingles(text))
                found.tofile(sink)
                self._places[number] = (start, start + len(found))
                start += len(found)
        self._mapped = np.memmap(self._path, dtype=np.uint64, mode="r") if start else _EMPTY

    def similarity(self, first: int, second: int) -> float:
        """The Jaccard similarity of two contents; 0 when the text of one could not be fetched."""
        if first not in self._places or second not in self._places:
            return 0.0
        return jaccard_of(self._of(first), self._of(second))

    def _of(self, number: int) -> Hashes:
        start, end = self._places[number]
        return self._mapped[start:end]


def confirm_pairs(
    candidates: Iterable[Rows],
    keys: npt.NDArray[np.uint64],
    texts: Callable[[npt.NDArray[np.uint64]], Iterable[tuple[int, str]]],
    shingled: ShingleFile,
    *,
    threshold: float,
    progress: Callable[[str, int, int], None],
) -> list[Pair]:
    """Return the candidates that are alike from the threshold on, and all that share a record hash."""
    arrays = list(candidates)
    found = np.concatenate(arrays) if arrays else None
    if found is None or not len(found):
        return []
    shingled.fill(_numbered(found, keys, texts))
    pairs: dict[tuple[int, int], Pair] = {}
    for start in range(0, len(found), _CHUNK_PAIRS):
        progress("compare", start, len(found))
        for low, high, named in found[start : start + _CHUNK_PAIRS].tolist():
            similarity = shingled.similarity(low, high)
            if named or (similarity >= threshold and (low, high) not in pairs):
                pairs[low, high] = Pair(low, high, similarity, named)
    return [pairs[place] for place in sorted(pairs)]


def _numbered(
    pairs: Rows,
    keys: npt.NDArray[np.uint64],
    texts: Callable[[npt.NDArray[np.uint64]], Iterable[tuple[int, str]]],
) -> Iterator[tuple[int, str]]:
    """The texts of all contents in the pairs, by content number."""
    numbers = np.unique(np.concatenate([pairs["low"], pairs["high"]]))
    wanted = np.array(keys[numbers])
    order = np.argsort(wanted)
    wanted, numbers = wanted[order], numbers[order]
    for key, text in texts(wanted):
        yield int(numbers[np.searchsorted(wanted, np.uint64(key))]), text
