"""Train, validation and test split: 70/15/15, stratified by crisis type, whole groups together (D10).

A group is everything tied by an author, a conversation, a scenario, an augmentation parent or near-duplication, taken
transitively. Groups are placed in the order of a seeded hash of their name, so neither the order of the input nor the
number of workers can change the outcome. The totals are exact (floor of 70% and of 15%, the rest is test) unless large
groups or pins forbid it. Edge cases are placed like all others; nothing is dropped or downsampled here.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from . import taxonomy

Ints = npt.NDArray[np.int64]
FREE: Final = -1
TRAIN, VAL, TEST = range(3)  # positions in taxonomy.SPLITS
# On equal need the rarer splits come first: a type that is never tested is worse than one trained a little less.
_TIE_ORDER: Final = (TEST, VAL, TRAIN)


@dataclass(frozen=True)
class SplitItem:
    """What the split must know of a record. `group_keys` name all that it must stay together with."""

    content_hash: str
    crisis_type: str
    group_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placement:
    """Where a record goes, and the name of the group it belongs to."""

    split: str
    group: str


class _Union:
    """Disjoint sets whose representative is the smallest name, whatever the order of joining."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, name: str) -> str:
        parent = self._parent.setdefault(name, name)
        while parent != name:
            grandparent = self._parent[parent]
            self._parent[name] = grandparent
            name, parent = parent, grandparent
        return name

    def join(self, first: str, second: str) -> None:
        low, high = sorted((self.find(first), self.find(second)))
        self._parent[high] = low


def group_names(items: Sequence[SplitItem]) -> dict[str, str]:
    """Return the group of each content hash; the name is a hash, for keys may hold an author's identifier."""
    union = _Union()
    for item in items:
        for key in item.group_keys:
            union.join(item.content_hash, key)
    return {
        item.content_hash: "g:" + hashlib.sha256(union.find(item.content_hash).encode()).hexdigest()[:24]
        for item in items
    }


def assign_splits(
    items: Iterable[SplitItem],
    *,
    seed: int,
    shares: Mapping[str, float] = taxonomy.SPLIT_SHARES,
    pins: Mapping[str, str] | None = None,
) -> dict[str, Placement]:
    """Return the placement of every content hash.

    A group of several types counts for its most harmful one. `pins` names the split of content hashes that are
    placed already; their groups go with them, and where a group is pinned to several splits the test split wins.
    Raises ValueError for shares that do not sum to 1 or a hash that comes twice.
    """
    found = list(items)
    if len({item.content_hash for item in found}) != len(found):
        raise ValueError("a content hash comes twice")
    names = group_names(found)
    members: dict[str, list[SplitItem]] = defaultdict(list)
    for item in found:
        members[names[item.content_hash]].append(item)
    groups = sorted(members)
    pinned = [
        max(
            (taxonomy.SPLITS.index(pins[item.content_hash]) for item in members[group] if item.content_hash in pins),
            default=FREE,
        )
        if pins
        else FREE
        for group in groups
    ]
    placed = place_groups(
        np.array([len(members[group]) for group in groups], dtype=np.int64),
        np.array([min(taxonomy.harm_rank(item.crisis_type) for item in members[group]) for group in groups], np.int64),
        np.array([group_rank(seed, group) for group in groups], dtype=np.uint64),
        shares=shares,
        pinned=np.array(pinned, dtype=np.int64),
    )
    split_of = dict(zip(groups, placed.tolist(), strict=True))
    return {content: Placement(taxonomy.SPLITS[split_of[group]], group) for content, group in names.items()}


def group_rank(seed: int, group: str) -> int:
    """Return the place of a group in the order of placing: the first 8 bytes of sha256(seed, name)."""
    return int.from_bytes(hashlib.sha256(f"{seed}\x1f{group}".encode()).digest()[:8], "big")


def exact_totals(total: int, shares: Mapping[str, float]) -> tuple[int, int, int]:
    """Return how many records train, val and test get. Raises ValueError for shares that do not sum to 1."""
    if set(shares) != set(taxonomy.SPLITS) or abs(sum(shares.values()) - 1.0) > 1e-9 or min(shares.values()) < 0:
        raise ValueError("shares must name train, val and test and sum to 1")
    train, val = (int(_exact(shares[name]) * total) for name in ("train", "val"))
    return train, val, total - train - val


def place_groups(sizes: Ints, strata: Ints, ranks: Any, *, shares: Mapping[str, float], pinned: Ints) -> Ints:
    """Return the split (a position in taxonomy.SPLITS) of every group.

    `strata` numbers the type each group counts for, the most harmful one first; `pinned` is a split or FREE. Groups of
    several records come first, largest first, each into the split that misses the largest share of its quota and can
    hold it, so that every split gets its part of them: were the largest gap in records asked, all would go to train,
    and validation would know no person who wrote twice. Single records then fill the quotas of their type exactly.
    """
    wanted = np.array(exact_totals(int(sizes.sum()), shares), dtype=np.int64)
    height = int(strata.max()) + 1 if len(strata) else 0
    quotas = _quotas(np.bincount(strata, weights=sizes, minlength=height).astype(np.int64), wanted, shares)
    remaining = quotas.copy()
    placed = pinned.copy()
    fixed = np.flatnonzero(pinned != FREE)
    np.subtract.at(remaining, (strata[fixed], pinned[fixed]), sizes[fixed])
    large = np.flatnonzero((pinned == FREE) & (sizes > 1))
    for group in large[np.lexsort((ranks[large], -sizes[large]))].tolist():
        row = remaining[strata[group]]
        split = _neediest(row, quotas[strata[group]], int(sizes[group]))
        placed[group] = split
        row[split] -= sizes[group]
    single = np.flatnonzero((pinned == FREE) & (sizes == 1))
    single = single[np.lexsort((ranks[single], strata[single]))]
    in_stratum = np.bincount(strata[single], minlength=height)
    capacity = _capacities(remaining, in_stratum)
    taken = np.bincount(placed[placed != FREE], weights=sizes[placed != FREE], minlength=3).astype(np.int64)
    _balance(capacity, wanted - taken - capacity.sum(axis=0))
    # Test takes the smallest ranks, then val: a corpus that grows moves only records at the borders.
    placed[single] = np.repeat(np.tile(np.array(_TIE_ORDER), height), capacity[:, _TIE_ORDER].ravel())
    return placed


def _neediest(remaining: Ints, quotas: Ints, size: int) -> int:
    """Return the split for a group: of those that can hold it the one that misses the largest share of its quota.

    Where none can, the one with the most room: a group that is larger than what is left must go somewhere whole.
    """
    fitting = [split for split in _TIE_ORDER if remaining[split] >= size]
    if not fitting:
        return max(_TIE_ORDER, key=remaining.__getitem__)
    return max(fitting, key=lambda split: int(remaining[split]) / int(quotas[split]))


def _exact(share: float) -> Fraction:
    """0.7 as 7/10, not as the double below it, so that 70% of 10 is 7."""
    return Fraction(repr(share))


def _quotas(strata: Ints, wanted: Ints, shares: Mapping[str, float]) -> Ints:
    """Share every stratum out so that both its own sum and the sums of the splits come out exactly."""
    exact = [[_exact(shares[split]) * size for split in taxonomy.SPLITS] for size in strata.tolist()]
    quotas = np.array([[int(row[TRAIN]), int(row[VAL]), 0] for row in exact], dtype=np.int64).reshape(-1, 3)
    quotas[:, TEST] = strata - quotas.sum(axis=1)
    for split in (TRAIN, VAL):
        missing = int(wanted[split] - quotas[:, split].sum())
        while missing > 0:
            # A stratum that would be left without any test record gives its place last.
            order = sorted(
                (row for row in range(len(exact)) if quotas[row, TEST] > 0),
                key=lambda row: (quotas[row, TEST] == 1, quotas[row, split] - exact[row][split], row),
            )
            for row in order[:missing]:
                quotas[row, split] += 1
                quotas[row, TEST] -= 1
                missing -= 1
    return quotas


def _capacities(remaining: Ints, singles: Ints) -> Ints:
    """Cut what each stratum still wants down to the single records it has; overfull splits want nothing."""
    capacity = remaining.clip(min=0)
    for row, count in zip(capacity, singles.tolist(), strict=True):
        before, total = row.copy(), int(row.sum())
        if total > count:
            row[:] = before * count // total
            for split in sorted(range(3), key=lambda k: (-(int(before[k]) * count % total), k))[: count - row.sum()]:
                row[split] += 1
    return capacity


def _balance(capacity: Ints, missing: Ints) -> None:
    """Move single records between splits, in the largest strata first, until the totals are met or none is left."""
    while missing.max(initial=0) > 0:
        under = int(missing.argmax())
        over = next((k for k in np.argsort(missing).tolist() if missing[k] < 0 and capacity[:, k].any()), None)
        if over is None:
            return
        row = int(capacity[:, over].argmax())
        moved = min(capacity[row, over], missing[under], -missing[over])
        capacity[row, over] -= moved
        capacity[row, under] += moved
        missing[under] -= moved
        missing[over] += moved
