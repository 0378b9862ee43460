"""The last stage: one shard is written from the lines of all units, in the order of content hashes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from .layout import NAMED_CLUSTER, NAMED_GROUP, PLACED, Array, once, read_rows_of, write_atomically
from .lines import splice_line

_COLUMNS: Final = (
    "offset", "length", "splice", "g0", "g1", "c0", "c1", "named", "edge_kind", "edge", "old_edge_kind", "old_edge",
)  # fmt: skip


class ShardTask(msgspec.Struct, frozen=True, kw_only=True):
    """Rows [start, start + count) of the file of placed lines become the shard `target`, whose name is `path`."""

    stem: str
    placed: str
    start: int
    count: int
    path: str
    target: str
    units: list[str]


def write_shard(data: bytes) -> bytes:
    """Write one shard and return {"lines", "bytes", "sha256"}."""
    task = msgspec.json.decode(data, type=ShardTask)
    return once(Path(f"{task.stem}.done"), lambda: _write(task))


def _write(task: ShardTask) -> tuple[bytes, list[Path]]:
    rows = read_rows_of(Path(task.placed), PLACED, task.start, task.count)
    lines = _lines(rows, task.units)
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
        source = os.open(f"{units[mine['unit'][0]]}.lines", os.O_RDONLY)
        columns = (mine[name].tolist() for name in _COLUMNS)
        try:
            for place, offset, length, splice, g0, g1, c0, c1, named, kind, edge, old_kind, old_edge in zip(
                places.tolist(), *columns, strict=True
            ):
                group = b"g:%016x%08x" % (g0, g1) if named & NAMED_GROUP else b""
                cluster = b"n:%016x%08x" % (c0, c1) if named & NAMED_CLUSTER else b""
                data = os.pread(source, length, offset)
                found[place] = splice_line(data, splice, group, cluster, (old_edge, edge), (old_kind, kind))
        finally:
            os.close(source)
    return found
