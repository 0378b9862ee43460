"""How many records of each stage, and which: shares held, edge cases all kept, the same choice for the same seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Quotas(NamedTuple):
    """The size of the ladder and how many records each stage gives; a stage with more edge cases gives them all."""

    total: int
    of: dict[int, int]


def quotas(
    available: Mapping[int, int],
    edge_cases: Mapping[int, int],
    shares: Mapping[int, Fraction],
    wanted: int | None = None,
) -> Quotas:
    """Return the largest ladder whose shares hold, or one of `wanted` records.

    All edge cases are kept: a smaller `wanted` grows until their stages can hold them, and where even the largest
    ladder could not, their stage gives more than its share. Raises ValueError for shares that do not add up to 1.
    """
    if sum(shares.values()) != 1 or min(shares.values()) <= 0:
        raise ValueError("shares must be above 0 and add up to 1")
    largest = min(int(available[number] / share) for number, share in shares.items())
    while any(count > available[number] for number, count in _shared(largest, shares).items()):
        largest -= 1
    total = largest if wanted is None else min(wanted, largest)
    needed = max(-(-edge_cases[number] * share.denominator // share.numerator) for number, share in shares.items())
    total = min(largest, max(total, needed))
    given = {number: max(count, edge_cases[number]) for number, count in _shared(total, shares).items()}
    return Quotas(sum(given.values()), given)


def _shared(total: int, shares: Mapping[int, Fraction]) -> dict[int, int]:
    """Return whole numbers that add up to `total`, by largest remainder; a tie goes to the lower stage."""
    floors = {number: int(share * total) for number, share in shares.items()}
    missing = total - sum(floors.values())
    by_remainder = sorted(shares, key=lambda number: (floors[number] - shares[number] * total, number))
    for number in by_remainder[:missing]:
        floors[number] += 1
    return floors


def orders(digests: Sequence[bytes], seed: int) -> Array:
    """Return a number for each content digest that the seed decides: smaller ones are chosen, and come first.

    It depends on the record alone, so neither the order of the input nor the number of workers changes the choice.
    """
    key = str(seed).encode()[:64]
    made = b"".join(blake2b(digest, digest_size=8, key=key).digest() for digest in digests)
    return np.frombuffer(made, dtype=">u8").astype("<u8")


def choose(order: Array, edge: Array, count: int) -> Array:
    """Return the places of `count` records, in their order: every edge case, then those with the smallest numbers."""
    by_need = np.lexsort((order, ~edge))[:count]
    chosen: Array = by_need[np.argsort(order[by_need], kind="stable")]
    return chosen
