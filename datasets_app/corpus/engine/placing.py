"""From winners to places: groups and clusters, what is dropped as a near-duplicate, pins, and the split of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from datasets_app.corpus import taxonomy
from datasets_app.corpus.splits import FREE, TEST, group_rank, place_groups

from .joining import components
from .layout import Array
from .pins import Pins, digests_of
from .settings import CompileSettings
from .winners import Winners

_NAMES_AT_ONCE: Final = 1 << 16


@dataclass(frozen=True)
class Places:
    """Per row: the root of its group and of its cluster of near-duplicates (rows), whether it is kept, its split."""

    group: Array
    cluster: Array
    cluster_size: Array  # by root
    kept: Array
    split: Array
    groups: int

    @property
    def clusters(self) -> int:
        """How many clusters have two members or more."""
        return int((self.cluster_size > 1).sum())

    def clustered(self, rows: slice) -> Array:
        """Which of the rows have a near-duplicate."""
        return self.cluster_size[self.cluster[rows]] > 1


def place(winners: Winners, near: tuple[Array, Array], settings: CompileSettings, pins: Pins | None) -> Places:
    """Place all winners. `near` are the pairs of rows that are near-duplicates."""
    count = winners.count
    cluster = components(count, *near)
    kept = np.ones(count, dtype=bool)
    if settings.near_duplicates == "drop":
        kept = _without_copies(winners, near, cluster)
    first, second = [near[0]], [near[1]]
    for one, other in winners.ties():
        first.append(one)
        second.append(other)
    group = components(count, np.concatenate(first), np.concatenate(second))
    split = np.zeros(count, dtype=np.uint8)
    roots, index, sizes = np.unique(group[kept], return_inverse=True, return_counts=True)
    if len(roots):
        strata = np.full(len(roots), len(taxonomy.HARM_ORDER), dtype=np.int64)
        np.minimum.at(strata, index, winners.type_code[kept])
        ranks = _ranks(winners, roots, settings.seed)
        pinned = np.full(len(roots), FREE, dtype=np.int64)
        for rows, splits in _pinned_rows(winners, settings, pins):
            # The later of train, val, test wins: nobody trains on what was held back. A record that was dropped for a
            # near-copy pins that copy all the same: they are of one group.
            np.maximum.at(pinned, np.searchsorted(roots, group[rows]), splits)
        placed = place_groups(sizes.astype(np.int64), strata, ranks, shares=settings.shares, pinned=pinned)
        split[kept] = placed[index]
    cluster_size = np.bincount(cluster[kept], minlength=count).astype(np.uint32)
    return Places(group, cluster, cluster_size, kept, split, len(roots))


def _ranks(winners: Winners, roots: Array, seed: int) -> Array:
    """Return the ranks of the groups, named after the first 24 digits of the smallest content hash in each."""
    ranks = np.empty(len(roots), dtype=np.uint64)
    for start in range(0, len(roots), _NAMES_AT_ONCE):
        chosen = roots[start : start + _NAMES_AT_ONCE]
        high, low = winners.high[chosen].tolist(), (winners.low[chosen] >> np.uint64(32)).tolist()
        ranks[start : start + len(chosen)] = [
            group_rank(seed, f"g:{one:016x}{other:08x}") for one, other in zip(high, low, strict=True)
        ]
    return ranks


def _pinned_rows(winners: Winners, settings: CompileSettings, pins: Pins | None) -> list[tuple[Array, Array]]:
    """Return (rows, splits) of the parent's records, the hold-out families and the records held out."""
    found = []
    if pins is not None:
        rows, positions = winners.find(pins.digests)
        found.append((rows, pins.splits[positions].astype(np.int64)))
    held = [winners.families.index(name) for name in settings.holdout_families if name in winners.families]
    if held:
        rows = np.flatnonzero(np.isin(winners.family_code, held))
        found.append((rows, np.full(len(rows), TEST, dtype=np.int64)))
    if settings.held_out:
        rows, _ = winners.find(digests_of(settings.held_out))
        found.append((rows, np.full(len(rows), TEST, dtype=np.int64)))
    return found


def _without_copies(winners: Winners, near: tuple[Array, Array], cluster: Array) -> Array:
    """Return which rows stay: of each near-duplicate pair the better one, and every edge case.

    Better is the later stage, then a labelled row, then the smaller content hash. A row goes only if it is like a row
    that stays, not merely in the same cluster.
    """
    kept = np.ones(winners.count, dtype=bool)
    edge = winners.edge
    like: dict[int, list[int]] = {}
    for one, other in zip(near[0].tolist(), near[1].tolist(), strict=True):
        like.setdefault(one, []).append(other)
        like.setdefault(other, []).append(one)
    rows = np.array(sorted(like), dtype=np.int64)
    for row in rows[np.lexsort((rows, winners.order[rows]))].tolist():
        if kept[row]:
            for other in like[row]:
                if not edge[other] and (winners.order[other], other) > (winners.order[row], row):
                    kept[other] = False
    return kept
