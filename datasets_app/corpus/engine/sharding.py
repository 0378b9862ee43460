"""The last stage: one shard is written from the lines of all units, in the order of content hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from .layout import NAMED_CLUSTER, NAMED_GROUP, PLACED, Array, once, read_rows_of, table, write_atomically
from .lines import splice_line

_COLUMNS: Final = (
    "splice", "g0", "g1", "c0", "c1", "named", "edge_kind", "edge", "old_edge_kind", "old_edge",
)  # fmt: skip


_LINES_AT_ONCE: Final = 256


class ShardTask(msgspec.Struct, frozen=True, kw_only=True):
    """Rows [start, start + count) of the file of placed lines become the shard `target`, whose name is `path`.

    `units` is a table of the stems of the units by number.
    """

    stem: str
    placed: str
    start: int
    count: int
    path: str
    target: str
    units: str


def write_shard(data: bytes) -> bytes:
    """Write one shard and return {"lines", "bytes", "sha256"}."""
    task = msgspec.json.decode(data, type=ShardTask)
    return once(Path(f"{task.stem}.done"), lambda: _write(task))


def _write(task: ShardTask) -> tuple[bytes, list[Path]]:
    rows = read_rows_of(Path(task.placed), PLACED, task.start, task.count)
    lines = _lines(rows, table(task.units, list[str]))
    digest = hashlib.sha256()
    size = 0
    for line in lines:
        digest.update(line)
        size += len(line)
    target = Path(task.target)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, lines)
    result = {"path": task.path, "lines": len(lines), "bytes": size, "sha256": digest.hexdigest()}
    return msgspec.json.encode(result), [target]


def _lines(rows: Array, units: list[str]) -> list[bytes]:
    """Return the final lines; each unit is read once, front to back."""
    found = [b""] * len(rows)
    order = np.argsort(rows["unit"], kind="stable")
    borders = np.flatnonzero(np.diff(rows["unit"][order])) + 1
    for places in np.split(order, borders):
        mine = rows[places]
        raw = _raw_lines(f"{units[mine['unit'][0]]}.lines", mine["offset"].tolist(), mine["length"].tolist())
        columns = (mine[name].tolist() for name in _COLUMNS)
        for place, data, splice, g0, g1, c0, c1, named, kind, edge, old_kind, old_edge in zip(
            places.tolist(), raw, *columns, strict=True
        ):
            group = b"g:%016x%08x" % (g0, g1) if named & NAMED_GROUP else b""
            cluster = b"n:%016x%08x" % (c0, c1) if named & NAMED_CLUSTER else b""
            found[place] = splice_line(data, splice, group, cluster, (old_edge, edge), (old_kind, kind))
    return found


def _raw_lines(path: str, offsets: list[int], lengths: list[int]) -> Iterator[bytes]:
    """Yield stretches of a file, given in ascending order: in blocks where they lie densely, else one by one."""
    source = os.open(path, os.O_RDONLY)
    try:
        for start in range(0, len(offsets), _LINES_AT_ONCE):
            some, sizes = offsets[start : start + _LINES_AT_ONCE], lengths[start : start + _LINES_AT_ONCE]
            first, span = some[0], some[-1] + sizes[-1] - some[0]
            if span <= 2 * sum(sizes):
                block = os.pread(source, span, first)
                for offset, size in zip(some, sizes, strict=True):
                    yield block[offset - first : offset - first + size]
            else:
                for offset, size in zip(some, sizes, strict=True):
                    yield os.pread(source, size, offset)
    finally:
        os.close(source)
