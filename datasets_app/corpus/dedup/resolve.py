"""Which of the records that are alike stays: clusters by union-find, then the best-ranked first.

A record is only called a copy of one that stays and that it is itself alike to. A chain (A like B, B like C, A
unlike C) keeps A and C: nothing is dropped for being like something that is dropped as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from .confirm import Pair, ShingleFile
from .pairing import WINDOW
from .union import Union

NEAR: Final = "near"
RECORD_HASH: Final = "record_hash"


class Copy(msgspec.Struct, frozen=True, gc=False):
    """A content (by number) that repeats `kept`. A protected one is an edge case: reported, never dropped."""

    copy: int
    kept: int
    kind: str
    similarity: float
    protected: bool


def resolve(
    pairs: Sequence[Pair], rank: Any, protected: Any, shingles: ShingleFile, *, threshold: float
) -> tuple[list[Copy], int]:
    """Return the copies, by number, and how many clusters there are."""
    found: list[Copy] = []
    clusters = clusters_of(pairs)
    for cluster in clusters:
        links: dict[int, list[Pair]] = defaultdict(list)
        for pair in cluster:
            links[pair.low].append(pair)
            links[pair.high].append(pair)
        ordered = sorted(links, key=lambda number: (*np.asarray(rank[number]).tolist(), number))
        found += _copies(ordered, links, protected, shingles, threshold)
    return sorted(found, key=lambda copy: copy.copy), len(clusters)


def clusters_of(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Return the pairs of each cluster: whatever is tied directly or over others."""
    numbers = sorted({number for pair in pairs for number in (pair.low, pair.high)})
    places = {number: place for place, number in enumerate(numbers)}
    union = Union(len(numbers))
    for pair in pairs:
        union.join(places[pair.low], places[pair.high])
    clusters: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        clusters[union.find(places[pair.low])].append(pair)
    return [clusters[root] for root in sorted(clusters)]


def _copies(
    ordered: Sequence[int], links: dict[int, list[Pair]], protected: Any, shingles: ShingleFile, threshold: float
) -> Iterator[Copy]:
    """Go through a cluster from the best-ranked on: who is like one that stays is its copy, the others stay."""
    staying: dict[int, int] = {}
    for number in ordered:
        options = [(pair.similarity, _other(pair, number)) for pair in links[number] if _other(pair, number) in staying]
        if not options and len(ordered) > WINDOW:
            # Where very many share a band, not all of them were compared with each other.
            compared = [(shingles.similarity(number, other), other) for other in list(staying)[:WINDOW]]
            options = [option for option in compared if option[0] >= threshold]
        if not options:
            staying[number] = len(staying)
            continue
        similarity, kept = max(options, key=lambda option: (option[0], -staying[option[1]]))
        is_protected = bool(protected[number])
        if is_protected:
            staying[number] = len(staying)
        yield Copy(number, kept, NEAR if similarity >= threshold else RECORD_HASH, similarity, is_protected)


def _other(pair: Pair, number: int) -> int:
    return pair.high if number == pair.low else pair.low
