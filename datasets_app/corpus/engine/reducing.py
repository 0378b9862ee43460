"""The second stage: among all copies of one content the winner is chosen, for one range of content hashes at a time.

Units are in the order of content hashes, so a range is one slice of each. The winner takes the edge-case flag and the
group keys of all its copies (D7).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from datasets_app.corpus.dedup.minhash import BANDS, BANDS_BYTES

from .layout import EDGE, INDEX, KEY, LABEL_SOURCES, LOSER, WINNER, Array, once, read_rows_of, table, write_atomically

_UNLABELLED_SOURCE: Final = LABEL_SOURCES.index("none")


class UnitSlice(msgspec.Struct, frozen=True):
    """A unit as the reduce sees it. `rank` orders inputs by their description; `families` maps to the global table."""

    unit: int
    stem: str
    rank: int
    families: list[int]


class ReduceTask(msgspec.Struct, frozen=True, kw_only=True):
    """The range [low, high) of the first ten bits of the content hash. `units` is a table of UnitSlice."""

    stem: str
    low: int
    high: int
    bands: bool
    units: str


class ReduceResult(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows won and lost; `edge_contents` counts contents that any copy flags as an edge case."""

    winners: int
    losers: int
    keys: int
    edge_contents: int


def reduce_range(data: bytes) -> bytes:
    """Do one range and return its ReduceResult as JSON."""
    task = msgspec.json.decode(data, type=ReduceTask)
    return once(Path(f"{task.stem}.done"), lambda: _reduce(task))


def _reduce(task: ReduceTask) -> tuple[bytes, list[Path]]:
    rows, ranks, slices = _gather(task)
    order = np.lexsort((ranks, rows["raw"], rows["source"], _priority(rows), rows["h1"], rows["h0"]))
    rows = rows[order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (rows["h0"][1:] != rows["h0"][:-1]) | (rows["h1"][1:] != rows["h1"][:-1])
    winner_of = np.cumsum(first) - 1
    winners = rows[first].copy()
    edges = _join_edges(rows, winners, np.flatnonzero(first))
    place = np.empty(len(rows), dtype=np.int64)
    place[order] = winner_of
    keys = _keys(slices, place)
    losers = _losers(rows[~first], winner_of[~first])
    files = {"winners": winners, "keys": keys, "losers": losers}
    paths = []
    for suffix, array in files.items():
        paths.append(Path(f"{task.stem}.{suffix}"))
        write_atomically(paths[-1], [array.tobytes()])
    if task.bands:
        paths.append(Path(f"{task.stem}.bands"))
        write_atomically(paths[-1], _band_columns(slices, order[first]))
    result = ReduceResult(winners=len(winners), losers=len(losers), keys=len(keys), edge_contents=edges)
    return msgspec.json.encode(result), paths


class _Slice(NamedTuple):
    """The part of a unit that lies in the range: first row and rows of the index, first key and keys."""

    unit: UnitSlice
    start: int
    rows: int
    key_start: int
    key_count: int


def _gather(task: ReduceTask) -> tuple[Array, Array, list[_Slice]]:
    """Return the rows of the range of all units, the rank of each one's input, and the slices they came from."""
    parts, ranks, slices = [], [], []
    for unit in table(task.units, list[UnitSlice]):
        fences = np.fromfile(f"{unit.stem}.fences", dtype="<u4").reshape(2, -1)
        (start, key_start), (end, key_end) = fences[:, task.low].tolist(), fences[:, task.high].tolist()
        if start == end:
            continue
        found = read_rows_of(Path(f"{unit.stem}.index"), INDEX, start, end - start)
        rows = np.empty(len(found), dtype=WINNER)
        for name in INDEX.names or ():
            rows[name] = found[name]
        rows["unit"], rows["final"] = unit.unit, 0
        rows["family"] = np.array(unit.families, dtype=np.uint16)[found["family"]]
        parts.append(rows)
        ranks.append(np.full(len(rows), unit.rank, dtype=np.uint16))
        slices.append(_Slice(unit, start, len(rows), key_start, key_end - key_start))
    if not parts:
        return np.zeros(0, dtype=WINNER), np.zeros(0, dtype=np.uint16), []
    return np.concatenate(parts), np.concatenate(ranks), slices


def _priority(rows: Array) -> Array:
    """Smaller wins: the later stage, then a labelled row before one without a label."""
    return (255 - rows["stage"].astype(np.uint16)) * 2 + (rows["label"] == _UNLABELLED_SOURCE)


def _join_edges(rows: Array, winners: Array, starts: Array) -> int:
    """Flag a winner when any copy is an edge case, with the kind of the best copy that names one."""
    if not len(rows):
        return 0
    edges = np.maximum.reduceat(rows["flags"] & EDGE, starts)
    winners["final"] = edges
    ends = np.append(starts[1:], len(rows))
    for place in np.flatnonzero(edges & (winners["edge_kind"] == 0)).tolist():
        kinds = rows["edge_kind"][starts[place] : ends[place]]
        named = kinds[kinds > 0]
        # The upper bits of `final` carry the kind, so that the line's own one stays known for the splice.
        winners["final"][place] |= (int(named[0]) if len(named) else 0) << 1
    with_kind = winners["edge_kind"] > 0
    winners["final"][with_kind] |= winners["edge_kind"][with_kind] << 1
    return int(edges.sum())


def _keys(slices: list[_Slice], place: Array) -> Array:
    """Return the group keys of all copies, each once per winner."""
    parts, base = [], 0
    for part in slices:
        found = read_rows_of(Path(f"{part.unit.stem}.keys"), KEY, part.key_start, part.key_count)
        found["row"] = place[found["row"].astype(np.int64) - part.start + base]
        parts.append(found)
        base += part.rows
    if not parts:
        return np.zeros(0, dtype=KEY)
    together = np.concatenate(parts)
    together = together[np.lexsort((together["key"], together["row"]))]
    new = np.ones(len(together), dtype=bool)
    new[1:] = (together["row"][1:] != together["row"][:-1]) | (together["key"][1:] != together["key"][:-1])
    return together[new]


def _losers(rows: Array, winner: Array) -> Array:
    found = np.zeros(len(rows), dtype=LOSER)
    for name in ("unit", "segment", "line", "at"):
        found[name] = rows[name]
    found["row"] = winner
    return found


def _band_columns(slices: list[_Slice], chosen: Array) -> list[bytes]:
    """Return the 16 bands of the winners, band after band, so that one band is one stretch of the file."""
    table = np.empty((len(chosen), BANDS), dtype="<u8")
    base = 0
    for part in slices:
        mine = np.flatnonzero((chosen >= base) & (chosen < base + part.rows))
        if len(mine):
            place = part.start * BANDS_BYTES
            bands = np.fromfile(f"{part.unit.stem}.bands", dtype="<u8", count=part.rows * BANDS, offset=place)
            table[mine] = bands.reshape(-1, BANDS)[chosen[mine] - base]
        base += part.rows
    return [np.ascontiguousarray(table[:, band]).tobytes() for band in range(BANDS)]
