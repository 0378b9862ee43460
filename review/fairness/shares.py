"""Shares of groups, and how far groups lie apart, with intervals that hold for all pairs of groups at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Final

LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """So many of `n`, with Wilson's interval (Wilson 1927)."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        return self.hits / self.n

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Wilson's score interval; (0, 1) when there is nothing to count."""
        if self.n == 0:
            return 0.0, 1.0
        z = _normal(level)
        square = z * z
        centre = (self.value + square / (2 * self.n)) / (1 + square / self.n)
        half = z / (1 + square / self.n) * sqrt(self.value * (1 - self.value) / self.n + square / (4 * self.n**2))
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class Apart:
    """How far the two groups lie apart that lie furthest apart; `lower` and `upper` name them.

    The interval covers the true distance of the groups that truly lie furthest apart, whichever they are: every pair
    is looked at on a level of 1 - 5% / `pairs` (Bonferroni). A bootstrap of "largest minus smallest" would not do:
    resampled, it is never 0, so that it would find a difference between groups that are alike.
    """

    value: float
    low: float
    high: float
    lower: str
    upper: str
    pairs: int


def newcombe(first: Share, second: Share, level: float = LEVEL) -> tuple[float, float]:
    """The interval of first - second, from Wilson's two intervals (Newcombe 1998, method 10)."""
    one, two = first.interval(level), second.interval(level)
    return square_and_add(first.value, one, second.value, two)


def square_and_add(
    first: float, around_first: tuple[float, float], second: float, around_second: tuple[float, float]
) -> tuple[float, float]:
    """The interval of first - second from an interval of each, for independent estimates (MOVER)."""
    (low1, high1), (low2, high2) = around_first, around_second
    gap = first - second
    return (
        gap - sqrt((first - low1) ** 2 + (high2 - second) ** 2),
        gap + sqrt((high1 - first) ** 2 + (second - low2) ** 2),
    )


def ratio_interval(first: Share, second: Share, level: float = LEVEL) -> tuple[float, float]:
    """The interval of first / second on the log scale with a half added to each count (Walter 1975)."""
    hits1, n1, hits2, n2 = (count + 0.5 for count in (first.hits, first.n, second.hits, second.n))
    middle = log(hits1 / n1) - log(hits2 / n2)
    half = _normal(level) * sqrt(max(0.0, 1 / hits1 - 1 / n1 + 1 / hits2 - 1 / n2))
    return exp(middle - half), exp(middle + half)


def widest_difference(shares: Mapping[str, Share], *, more_pairs: int = 0) -> Apart | None:
    """The largest difference between two groups' shares; None for fewer than two groups.

    `more_pairs` are looked at beside these under the same claim, so each is held to a stricter level.
    """
    names = sorted(shares)
    pairs = len(names) * (len(names) - 1) // 2
    if not pairs:
        return None
    level = stricter(pairs + more_pairs)
    spans = [magnitude(newcombe(shares[one], shares[two], level)) for one, two in combinations(names, 2)]
    lower = min(names, key=lambda name: (shares[name].value, name))
    upper = max(names, key=lambda name: (shares[name].value, name))
    value = shares[upper].value - shares[lower].value
    return Apart(
        value,
        max(low for low, _ in spans),
        max(high for _, high in spans),
        lower,
        upper,
        pairs,
    )


def smallest_ratio(shares: Mapping[str, Share]) -> Apart | None:
    """The smallest share over the largest; 1 where no group has any. None for fewer than two groups."""
    names = sorted(shares)
    pairs = len(names) * (len(names) - 1) // 2
    if not pairs:
        return None
    level = stricter(pairs)
    spans = [_folded(ratio_interval(shares[one], shares[two], level)) for one, two in combinations(names, 2)]
    lower = min(names, key=lambda name: (shares[name].value, name))
    upper = max(names, key=lambda name: (shares[name].value, name))
    top = shares[upper].value
    value = shares[lower].value / top if top else 1.0
    # The half added to small counts moves the interval a little towards 1; the observed ratio stays inside it.
    return Apart(
        value,
        min(value, min(low for low, _ in spans)),
        max(value, min(high for _, high in spans)),
        lower,
        upper,
        pairs,
    )


def stricter(pairs: int) -> float:
    """The level that each of so many pairs is held to, so that all of them together hold at 95%."""
    return 1 - (1 - LEVEL) / pairs


def magnitude(span: tuple[float, float]) -> tuple[float, float]:
    """The interval of a difference without its sign."""
    low, high = span
    if low <= 0 <= high:
        return 0.0, max(-low, high)
    return (low, high) if low > 0 else (-high, -low)


def _folded(span: tuple[float, float]) -> tuple[float, float]:
    """The interval of the smaller over the larger, whichever of the two that is."""
    low, high = span
    if low <= 1 <= high:
        return min(low, 1 / high), 1.0
    return (low, high) if high < 1 else (1 / high, 1 / low)


def _normal(level: float) -> float:
    return NormalDist().inv_cdf(1 - (1 - level) / 2)
