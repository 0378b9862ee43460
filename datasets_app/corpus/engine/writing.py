"""Lays out the shards: which line goes where, with its group and cluster, counted on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from datasets_app.corpus import taxonomy
from datasets_app.corpus.counts import ReleaseCounts
from datasets_app.corpus.manifest import file_entry, shard_name

from .layout import EDGE, NAMED_CLUSTER, NAMED_GROUP, PLACED, Array
from .placing import Places
from .sharding import ShardTask
from .similar import Part
from .stage import Stages
from .winners import Winners, full_hashes, is_untraced


def write_shards(
    stages: Stages, winners: Winners, places: Places, shard_lines: int, folder: Path, root: Path, units: str
) -> tuple[list[dict[str, Any]], ReleaseCounts]:
    """Write the shards below `root` and return their entries for the manifest, and the counts."""
    counts = ReleaseCounts()
    layouts = [folder / f"placed-{split}.rows" for split in taxonomy.SPLITS]
    totals = [0, 0, 0]
    streams = [path.open("wb") for path in layouts]
    try:
        for part, rows in winners.blocks():
            kept, split = _kept(places, part)
            laid = _laid_out(winners, places, part, rows)[kept]
            for code, stream in enumerate(streams):
                mine = laid[split[kept] == code]
                stream.write(mine.tobytes())
                totals[code] += len(mine)
            _count(counts, rows[kept], laid, split[kept])
    finally:
        for stream in streams:
            stream.close()
    counts.cells.update(winners.cell_counts(places.split, places.kept))
    return _run(stages, layouts, totals, shard_lines, folder, root, units), counts


def _kept(places: Places, part: Part) -> tuple[Array, Array]:
    mine = slice(part.base, part.base + part.count)
    return places.kept[mine], places.split[mine]


def _laid_out(winners: Winners, places: Places, part: Part, rows: Array) -> Array:
    mine = slice(part.base, part.base + part.count)
    group, cluster = places.group[mine], places.cluster[mine]
    laid = np.zeros(len(rows), dtype=PLACED)
    for name in ("unit", "offset", "length", "splice"):
        laid[name] = rows[name]
    laid["g0"], laid["g1"] = winners.high[group], winners.low[group] >> np.uint64(32)
    laid["c0"], laid["c1"] = winners.high[cluster], winners.low[cluster] >> np.uint64(32)
    own = np.arange(part.base, part.base + part.count, dtype=group.dtype)
    laid["named"] = (group != own) * NAMED_GROUP + places.clustered(mine) * NAMED_CLUSTER
    laid["edge"], laid["old_edge"] = rows["final"] & EDGE, rows["flags"] & EDGE
    laid["edge_kind"], laid["old_edge_kind"] = rows["final"] >> 1, rows["edge_kind"]
    return laid


def _count(counts: ReleaseCounts, rows: Array, laid: Array, split: Array) -> None:
    clustered = laid["named"] >= NAMED_CLUSTER
    counts.add_columns(
        {},
        digests=_columns(rows["h0"], rows["h1"]),
        splits=split.tobytes(),
        groups=_columns(laid["g0"], laid["g1"].astype(np.uint64) << np.uint64(32)),
        clusters=_columns(laid["c0"][clustered], laid["c1"][clustered].astype(np.uint64) << np.uint64(32)),
        cluster_splits=split[clustered].tobytes(),
        edges=full_hashes(rows[laid["edge"] > 0]),
        untraced=full_hashes(rows[is_untraced(rows)]),
    )


def _columns(high: Array, low: Array) -> bytes:
    return np.stack([high, low], axis=1).astype(">u8").tobytes()


def _run(
    stages: Stages, layouts: list[Path], totals: list[int], shard_lines: int, folder: Path, root: Path, units: str
) -> list[dict[str, Any]]:
    tasks, splits = [], []
    for split, layout, total in zip(taxonomy.SPLITS, layouts, totals, strict=True):
        for number, start in enumerate(range(0, total, shard_lines)):
            name = shard_name(split, number)
            tasks.append(
                ShardTask(
                    stem=str(folder / f"shard-{split}-{number:05d}"),
                    placed=str(layout),
                    start=start,
                    count=min(shard_lines, total - start),
                    path=name,
                    target=str(root / name),
                    units=units,
                )
            )
            splits.append(split)
    entries: dict[int, dict[str, Any]] = {}
    weights = [task.count for task in tasks]
    for position, data in stages.run("write", "sharding:write_shard", tasks, weights=weights, unit="records"):
        found = msgspec.json.decode(data)
        entries[position] = file_entry(
            tasks[position].path, splits[position], found["lines"], found["bytes"], found["sha256"]
        )
    return [entries[position] for position in range(len(tasks))]
