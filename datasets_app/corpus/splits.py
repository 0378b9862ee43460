"""Train, validation and test split: 70/15/15, stratified by crisis type, whole groups together (D10).

A group is everything tied by an author, a conversation or an augmentation parent, taken transitively. Groups are
placed in the order of a seeded hash of their name, so neither the order of the input nor the number of workers can
change the outcome. Edge cases are placed like all others; nothing is dropped or downsampled here.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from . import taxonomy

# On equal need the rarer splits come first: a type that is never tested is worse than one trained a little less.
_TIE_ORDER: Final = ("test", "val", "train")


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
    items: Iterable[SplitItem], *, seed: int, shares: Mapping[str, float] = taxonomy.SPLIT_SHARES
) -> dict[str, Placement]:
    """Return the placement of every content hash.

    A group of several types counts for its most harmful one. Within a type each group goes to the split that is
    furthest below its share; groups are taken largest first (a late large group would burst a small split), then
    by sha256(seed, group). Raises ValueError for shares that do not sum to 1 or a hash that comes twice.
    """
    if abs(sum(shares.values()) - 1.0) > 1e-9 or set(shares) != set(taxonomy.SPLITS):
        raise ValueError("shares must name train, val and test and sum to 1")
    found = list(items)
    if len({item.content_hash for item in found}) != len(found):
        raise ValueError("a content hash comes twice")
    names = group_names(found)
    members: dict[str, list[SplitItem]] = defaultdict(list)
    for item in found:
        members[names[item.content_hash]].append(item)
    strata: dict[str, list[str]] = defaultdict(list)
    for group, group_items in members.items():
        strata[taxonomy.most_harmful(item.crisis_type for item in group_items)].append(group)
    placed: dict[str, str] = {}
    for groups in strata.values():
        sizes = {group: len(members[group]) for group in groups}
        placed.update(_place_stratum(sizes, seed=seed, shares=shares))
    return {content: Placement(placed[group], group) for content, group in names.items()}


def _place_stratum(sizes: Mapping[str, int], *, seed: int, shares: Mapping[str, float]) -> dict[str, str]:
    total = sum(sizes.values())
    filled: Counter[str] = Counter()
    placed = {}
    for group in sorted(sizes, key=lambda name: (-sizes[name], _rank(seed, name))):
        split = max(_TIE_ORDER, key=lambda name: round(shares[name] * total - filled[name], 9))
        placed[group] = split
        filled[split] += sizes[group]
    return placed


def _rank(seed: int, group: str) -> str:
    return hashlib.sha256(f"{seed}\x1f{group}".encode()).hexdigest()
