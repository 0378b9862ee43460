"""Which originals become parents, and of what: drawn by hash, so the order of files changes nothing."""

from __future__ import annotations

import hashlib
import heapq
import math
import random
from collections import defaultdict
from typing import Final, NamedTuple

#: More candidates are made than asked for: some are near-copies, and some don't keep their label.
_SPARE_SHARE: Final = 0.6
#: Of scenarios more: they are made only where the rules see what the label rests on, which they often don't.
_SPARE_SCENARIOS: Final = 2.5
_SPARE: Final = 40
#: At most so many children of one kind does an original get.
MAX_PER_PARENT: Final = 4


class Order(NamedTuple):
    """How many children of one kind are wanted. `kind` is an edge-case kind or ""."""

    strategy: str
    kind: str
    wanted: int

    @property
    def name(self) -> str:
        """What reports call it."""
        return f"{self.strategy}:{self.kind}" if self.kind else self.strategy

    @property
    def spare(self) -> float:
        """How many tries more than wanted, as a share of it."""
        return _SPARE_SCENARIOS if self.strategy == "crisis_scenarios" else _SPARE_SHARE

    def takes(self, *, crisis: bool, edge_case: bool) -> bool:
        """Whether such a child can be made: an edge case is made one once, and a scenario needs a crisis."""
        return not (self.kind and edge_case) and (crisis or self.strategy != "crisis_scenarios")


class Drawn(NamedTuple):
    """One try: the order it is for, its place in that order's queue, and which of a parent's tries it is."""

    order: int
    priority: tuple[int, int]
    turn: int


def priority_of(seed: int, order: Order, content_hash: str, turn: int) -> tuple[int, int]:
    """Return where a try stands in its order's queue: every original once before any twice, by hash within."""
    return turn, int.from_bytes(_digest(seed, order, content_hash, turn)[:8], "big")


def rng_of(seed: int, order: Order, content_hash: str, turn: int) -> random.Random:
    """Return the randomness of one try; it hangs on nothing else."""
    return random.Random(_digest(seed, order, content_hash, turn))  # noqa: S311 - repeatable by design, no secret


def _digest(seed: int, order: Order, content_hash: str, turn: int) -> bytes:
    return hashlib.sha256(f"{seed}\x1f{order.name}\x1f{content_hash}\x1f{turn}".encode()).digest()


class Draw:
    """Keeps the best tries of every order while originals pass by; memory as many as are wanted, not as they are."""

    def __init__(self, orders: list[Order], seed: int) -> None:
        self._orders, self._seed = orders, seed
        self._sizes = [math.ceil(order.wanted * (1 + order.spare)) + _SPARE if order.wanted else 0 for order in orders]
        # Heaps of the worst first: (-turn, -hash, number of the original).
        self._heaps: list[list[tuple[int, int, int]]] = [[] for _ in orders]

    def add(self, number: int, content_hash: str, *, crisis: bool, edge_case: bool) -> None:
        """Let an original take part in what can be made of it."""
        for heap, order, size in zip(self._heaps, self._orders, self._sizes, strict=True):
            if not order.takes(crisis=crisis, edge_case=edge_case):
                continue
            for turn in range(MAX_PER_PARENT):
                rank = priority_of(self._seed, order, content_hash, turn)
                entry = (-rank[0], -rank[1], number)
                if len(heap) < size:
                    heapq.heappush(heap, entry)
                elif size and entry > heap[0]:
                    heapq.heapreplace(heap, entry)
                else:
                    break

    def tries(self) -> dict[int, list[Drawn]]:
        """Return the tries by the number of their original."""
        found: dict[int, list[Drawn]] = defaultdict(list)
        for place, heap in enumerate(self._heaps):
            for turn, rank, number in heap:
                found[number].append(Drawn(place, (-turn, -rank), -turn))
        for tries in found.values():
            tries.sort()
        return found
