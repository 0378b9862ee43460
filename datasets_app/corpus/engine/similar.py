"""Near-duplicates among the winners: candidates share one of 16 bands, the exact similarity of their words decides."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import orjson

from datasets_app.corpus.dedup.minhash import Hashes, jaccard_of, shingles, text_of

from .layout import WINNER, Array, once, table, write_atomically

PAIR: Final = np.dtype("<u8")  # the smaller row in the upper half
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


class Part(msgspec.Struct, frozen=True):
    """A range of content hashes: its files, the number of its first row among all rows, and how many it has."""

    stem: str
    base: int
    count: int


class BandTask(msgspec.Struct, frozen=True, kw_only=True):
    """One band of all rows, or one of `of` slices of its values. `parts` is a table of Part."""

    stem: str
    band: int
    slice: int
    of: int
    parts: str


class JudgeTask(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs [start, end) of the file of candidates. `units` is a table of the stems of the units by number."""

    stem: str
    pairs: str
    start: int
    end: int
    threshold: float
    parts: str
    units: str


def band_pairs(data: bytes) -> bytes:
    """Write the candidate pairs of one band and return {"pairs": how many}."""
    task = msgspec.json.decode(data, type=BandTask)
    return once(Path(f"{task.stem}.done"), lambda: _band_pairs(task))


def _band_pairs(task: BandTask) -> tuple[bytes, list[Path]]:
    columns, places = [], []
    for part in table(task.parts, list[Part]):
        column = np.fromfile(f"{part.stem}.bands", dtype="<u8", count=part.count, offset=task.band * part.count * 8)
        mine = np.flatnonzero(column % np.uint64(task.of) == task.slice) if task.of > 1 else np.arange(part.count)
        columns.append(column[mine])
        places.append((mine + part.base).astype(np.uint32))
    keys, rows = np.concatenate(columns), np.concatenate(places)
    order = np.argsort(keys, kind="stable")  # the rows come in order, and stay so within a bucket
    keys, rows = keys[order], rows[order]
    same = keys[1:] == keys[:-1]
    pairs = _packed(rows[:-1][same], rows[1:][same])
    # In a bucket of three and more each row also meets the first one: a chain alone would break at one odd member.
    starts = np.concatenate(([True], ~same))
    first = rows[np.flatnonzero(starts)][np.cumsum(starts) - 1]
    third = np.zeros(len(rows), dtype=bool)
    third[2:] = same[1:] & same[:-1]
    pairs = np.unique(np.concatenate([pairs, _packed(first[third], rows[third])]))
    path = Path(f"{task.stem}.pairs")
    write_atomically(path, [pairs.tobytes()])
    return msgspec.json.encode({"pairs": len(pairs)}), [path]


def _packed(smaller: Array, larger: Array) -> Array:
    return (smaller.astype(PAIR) << _HALF) | larger.astype(PAIR)


def unpacked(pairs: Array) -> tuple[Array, Array]:
    """Return the two rows of each pair."""
    return (pairs >> _HALF).astype(np.uint32), (pairs & _LOW).astype(np.uint32)


def judge_pairs(data: bytes) -> bytes:
    """Write the pairs that are similar enough and return {"pairs": how many}."""
    task = msgspec.json.decode(data, type=JudgeTask)
    return once(Path(f"{task.stem}.done"), lambda: _judge_pairs(task))


def _judge_pairs(task: JudgeTask) -> tuple[bytes, list[Path]]:
    pairs = np.fromfile(task.pairs, dtype=PAIR, count=task.end - task.start, offset=task.start * PAIR.itemsize)
    first, second = unpacked(pairs)
    words = _words_of(np.unique(np.concatenate([first, second])), task)
    alike = np.array(
        [
            jaccard_of(words[one], words[other]) >= task.threshold
            for one, other in zip(first.tolist(), second.tolist(), strict=True)
        ],
        dtype=bool,
    )
    path = Path(f"{task.stem}.pairs")
    write_atomically(path, [pairs[alike].tobytes()])
    return msgspec.json.encode({"pairs": int(alike.sum())}), [path]


def _words_of(rows: Array, task: JudgeTask) -> dict[int, Hashes]:
    found: dict[int, Hashes] = {}
    stems = table(task.units, list[str])
    for part in table(task.parts, list[Part]):
        low, high = np.searchsorted(rows, [part.base, part.base + part.count])
        if low == high:
            continue
        wanted = rows[low:high]
        winners = np.memmap(f"{part.stem}.winners", dtype=WINNER, mode="r")[wanted - np.uint32(part.base)]
        for number in np.unique(winners["unit"]).tolist():
            mine = winners["unit"] == number
            found |= _words_in(stems[number], wanted[mine].tolist(), winners[mine])
    return found


def _words_in(stem: str, rows: Sequence[int], winners: Array) -> dict[int, Hashes]:
    found = {}
    lines = os.open(f"{stem}.lines", os.O_RDONLY)
    try:
        where = zip(rows, winners["length"].tolist(), winners["offset"].tolist(), strict=True)
        for row, length, offset in where:
            messages = orjson.loads(os.pread(lines, length, offset))["messages"]
            found[row] = np.unique(shingles(text_of(messages)))
    finally:
        os.close(lines)
    return found
