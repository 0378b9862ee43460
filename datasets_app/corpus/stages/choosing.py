"""From the units' indexes to the records of each rung: copies settled by the order of conflict, then the shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from datasets_app.corpus.engine import CompileError
from datasets_app.corpus.engine.layout import read_rows_of

from .ladders import Ladder
from .mapping import CRISIS, EDGE, INDEX, UNLABELLED
from .sampling import choose, orders, quotas

Array = npt.NDArray[Any]
# A record that won against its copies; all numbers in one byte order, for numpy turns mixed ones round when it joins.
ROW: Final = np.dtype(
    [*((name, INDEX[name].newbyteorder("<")) for name in INDEX.names or ()), ("unit", "<u4"), ("was_edge", "?")]
)


class Chosen(msgspec.Struct, frozen=True):
    """What the ladder holds: the rows of each rung in the order they are written, and what was not taken."""

    rows: dict[int, Array]
    copies: dict[int, int]
    left_out: dict[int, int]
    edge_cases_left_out: dict[int, int]
    crises_left_out: dict[int, int]
    shares: dict[int, float]
    total: int
    empty: list[int]


def choose_records(
    stems: Sequence[Path], ladder: Ladder, *, seed: int, total: int | None, without_empty_stages: bool
) -> Chosen:
    """Settle copies and choose. Raises CompileError when a stage is empty and nobody said that it may be."""
    rows = _all_rows(stems)
    unique = settle_copies(rows)
    by_rung = {rung.number: unique[unique["rung"] == rung.number] for rung in ladder.rungs}
    empty = [number for number, found in by_rung.items() if not len(found)]
    if len(empty) == len(by_rung):
        raise CompileError("no record may stand on any stage; the quarantine tells why")
    if empty and not without_empty_stages:
        names = ", ".join(f"“{ladder.by_number[number].label}”" for number in empty)
        raise CompileError(f"no record may stand on {names}: the shares cannot hold; build it without empty stages")
    shares = _shares(ladder, empty)
    edges = {number: flagged(found, EDGE) for number, found in by_rung.items()}
    available = {number: len(found) for number, found in by_rung.items()}
    given = quotas(
        {number: available[number] for number in shares}, {number: edges[number] for number in shares}, shares, total
    )
    chosen = {}
    for number, found in by_rung.items():
        digests = found[["h0", "h1"]].astype([("h0", ">u8"), ("h1", ">u8")])
        order = orders([row.tobytes() for row in digests], seed)
        chosen[number] = found[choose(order, (found["flags"] & EDGE).astype(bool), given.of.get(number, 0))]
    seen = np.bincount(rows["rung"], minlength=256)
    return Chosen(
        rows=chosen,
        copies={number: int(seen[number]) - available[number] for number in by_rung},
        left_out={number: available[number] - len(chosen[number]) for number in by_rung},
        edge_cases_left_out={number: edges[number] - flagged(chosen[number], EDGE) for number in by_rung},
        crises_left_out={
            number: flagged(found, CRISIS) - flagged(chosen[number], CRISIS) for number, found in by_rung.items()
        },
        shares={number: float(shares.get(number, 0)) for number in by_rung},
        total=given.total,
        empty=empty,
    )


def flagged(rows: Array, flag: int) -> int:
    """Return how many rows have a flag."""
    return int(np.count_nonzero(rows["flags"] & flag))


def settle_copies(rows: Array) -> Array:
    """Keep one row of each content: the highest rung, a label, a person's own words, then the smaller hash.

    The row that stays is an edge case if any copy is one; `was_edge` is what its own line says.
    """
    if not len(rows):
        return rows
    unlabelled = rows["type"] == UNLABELLED
    rows = rows[np.lexsort((rows["raw"], rows["source"], unlabelled, 255 - rows["rung"], rows["h1"], rows["h0"]))]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (rows["h0"][1:] != rows["h0"][:-1]) | (rows["h1"][1:] != rows["h1"][:-1])
    starts = np.flatnonzero(first)
    kept: Array = rows[starts].copy()
    kept["was_edge"] = (kept["flags"] & EDGE).astype(bool)
    kept["flags"] |= np.bitwise_or.reduceat(rows["flags"] & EDGE, starts)
    any_kind = np.maximum.reduceat(rows["edge_kind"], starts)
    kept["edge_kind"] = np.where(kept["edge_kind"] > 0, kept["edge_kind"], any_kind)
    return kept


def _all_rows(stems: Sequence[Path]) -> Array:
    parts = []
    for unit, stem in enumerate(stems):
        index = read_rows_of(Path(f"{stem}.index"), INDEX)
        rows = np.zeros(len(index), dtype=ROW)
        for name in INDEX.names or ():
            rows[name] = index[name]
        rows["unit"] = unit
        parts.append(rows)
    return np.concatenate(parts) if parts else np.zeros(0, dtype=ROW)


def _shares(ladder: Ladder, empty: Sequence[int]) -> Mapping[int, Fraction]:
    """Return the shares of the rungs that have records, made to add up to 1 again."""
    exact = {rung.number: Fraction(str(rung.share)) for rung in ladder.rungs if rung.number not in empty}
    whole = sum(exact.values())
    return {number: share / whole for number, share in exact.items()}
