"""The last stage: one shard is written from the lines of all units, in the order of content hashes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
import numpy as np

from .layout import PLACED, Array, once, read_rows_of, write_atomically
from .lines import splice_line


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
    names = _names(rows)
    for number in np.unique(rows["unit"]).tolist():
        places = np.flatnonzero(rows["unit"] == number)
        mine = rows[places]
        source = os.open(f"{units[number]}.lines", os.O_RDONLY)
        try:
            for place, row in zip(places.tolist(), mine.tolist(), strict=True):
                _, offset, length, splice = row[:4]
                edge_kind, edge, old_kind, old_edge = row[-4:]
                digest, group, cluster = names[place]
                data = os.pread(source, length, offset)
                found[place] = splice_line(
                    data, splice, digest, group, cluster, (old_edge, edge), (old_kind, edge_kind)
                )
        finally:
            os.close(source)
    return found


def _names(rows: Array) -> list[tuple[bytes, bytes, bytes]]:
    """Return content hash, group and cluster of each row as they stand in its line."""
    found = []
    columns = ("h0", "h1", "h2", "h3", "g0", "g1", "c0", "c1", "clustered")
    for h0, h1, h2, h3, g0, g1, c0, c1, clustered in zip(*(rows[name].tolist() for name in columns), strict=True):
        group = b"g:%016x%08x" % (g0, g1)
        found.append(
            (b"%016x%016x%016x%016x" % (h0, h1, h2, h3), group, b"n:%016x%08x" % (c0, c1) if clustered else b"")
        )
    return found
