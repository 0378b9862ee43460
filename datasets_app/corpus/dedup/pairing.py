"""Which contents may be alike: those that share a band or a record hash. Parts fit in memory; order is by digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .minhash import BANDS
from .spill import CHUNK_ROWS, Rows, Spill, parts_for

PAIR: Final = np.dtype([("low", "<u4"), ("high", "<u4"), ("named", "?")])
_RANGE: Final = (1 << 64) - 1
_BAND: Final = np.dtype([("band", "<u8"), ("content", "<u4")])
_NAME: Final = np.dtype([("identity", "<u8", 2), ("content", "<u4")])
# A phrase that half of a corpus shares must not pair everybody with everybody: beyond this many in one band each
# content meets its next neighbours and the first one.
WINDOW: Final = 32

Numbers = npt.NDArray[np.uint32]


def candidates_by_band(
    contents: Rows, workdir: Path, part_bytes: int, progress: Callable[[str, int, int], None]
) -> Iterator[Rows]:
    """Yield arrays of distinct pairs (PAIR) that share a band; each pair comes once over all arrays."""
    if not len(contents):
        return
    parts = parts_for(len(contents) * BANDS, _BAND, part_bytes)
    bands = Spill(workdir, "band", _BAND, parts)
    for start in range(0, len(contents), CHUNK_ROWS // BANDS):
        keys = np.array(contents["bands"][start : start + CHUNK_ROWS // BANDS]).reshape(-1)
        rows = np.empty(len(keys), dtype=_BAND)
        rows["band"] = keys
        rows["content"] = start + np.arange(len(keys)) // BANDS
        bands.add(rows, keys)
    pairs = Spill(workdir, "pair", PAIR, parts)
    for part in range(parts):
        progress("bands", part, parts)
        rows = bands.load(part)
        order = np.lexsort((rows["content"], rows["band"]))
        low, high = _neighbours(rows["band"][order], rows["content"][order])
        found = _pairs(low, high, named=False)
        pairs.add(found, low.astype(np.uint64) * np.uint64(_RANGE // len(contents)))
    bands.remove()
    for part in range(parts):
        found = pairs.load(part)
        if len(found):
            yield np.unique(found)
    pairs.remove()


def candidates_by_identity(contents: Rows, workdir: Path, part_bytes: int) -> Iterator[Rows]:
    """Yield arrays of pairs under the same record hash, the best-ranked first."""
    parts = parts_for(len(contents), _NAME, part_bytes)
    spill = Spill(workdir, "name", _NAME, parts)
    for start in range(0, len(contents), CHUNK_ROWS):
        identity = np.array(contents["identity"][start : start + CHUNK_ROWS])
        rows = np.empty(len(identity), dtype=_NAME)
        rows["identity"] = identity
        rows["content"] = start + np.arange(len(identity))
        rows = rows[identity.any(axis=1)]
        spill.add(rows, rows["identity"][:, 0])
    for part in range(parts):
        rows = spill.load(part)
        if len(rows):
            yield _of_one_name(rows, contents)
    spill.remove()


def _neighbours(keys: npt.NDArray[np.uint64], numbers: Numbers) -> tuple[Numbers, Numbers]:
    """Pair every number with those of the same key within the window after it, and with the first of its key."""
    lows, highs = [numbers[:0]], [numbers[:0]]
    apart = 0
    same = np.zeros(0, dtype=bool)
    for apart in range(1, WINDOW + 1):
        same = keys[apart:] == keys[:-apart]
        if not same.any():
            break
        lows.append(numbers[:-apart][same])
        highs.append(numbers[apart:][same])
    if apart == WINDOW and same.any():
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        first = np.repeat(starts, np.diff(np.append(starts, len(keys))))
        far = np.arange(len(keys)) - first > WINDOW
        lows.append(numbers[first[far]])
        highs.append(numbers[far])
    return np.concatenate(lows), np.concatenate(highs)


def _of_one_name(rows: Rows, contents: Rows) -> Rows:
    rank = np.array(contents["rank"][rows["content"]])
    identity = rows["identity"]
    order = np.lexsort((rows["content"], rank[:, 1], rank[:, 0], identity[:, 1], identity[:, 0]))
    identity = identity[order]
    group = np.cumsum(np.concatenate(([False], (identity[1:] != identity[:-1]).any(axis=1)))).astype(np.uint64)
    low, high = _neighbours(group, rows["content"][order])
    return _pairs(low, high, named=True)


def _pairs(first: Any, second: Any, *, named: bool) -> Rows:
    found = np.empty(len(first), dtype=PAIR)
    found["low"], found["high"] = np.minimum(first, second), np.maximum(first, second)
    found["named"] = named
    return found
