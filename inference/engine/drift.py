"""How far what is scored has moved away from what a model version was validated on: PSI and KS of two histograms.

Population stability index: the sum over bins of (p - q) ln(p / q), Kullback and Leibler's symmetric divergence J
(Annals of Mathematical Statistics 22, 1951). Its customary reading, below 0.1 no change worth a look and above 0.25
another population, is of Siddiqi, *Credit Risk Scorecards* (Wiley 2006). What chance alone gives follows Yurdakul,
*Statistical Properties of Population Stability Index* (Western Michigan University 2018): of two samples of one
population PSI / (1/n + 1/m) is distributed as chi-squared with as many degrees of freedom as bins less one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import Any, Final

FEATURES: Final = ("score", "characters", "messages")
#: Past these a feature has moved, and is another population.
MOVED: Final = 0.1
SHIFTED: Final = 0.25
#: Of either side: with fewer, chance alone passes 0.1 too often (ten bins, 200 each: 0.17 once in twenty).
ENOUGH: Final = 200
#: Added to each bin's count: an empty bin has no logarithm (Jeffreys' prior).
_PRIOR: Final = 0.5
#: The standard normal's quantile that is passed once in twenty.
_Z95: Final = 1.6448536269514722


class DriftState(StrEnum):
    """What can be said of one feature."""

    NO_REFERENCE = "no_reference"
    TOO_FEW = "too_few"
    STEADY = "steady"
    MOVED = "moved"
    SHIFTED = "shifted"


@dataclass(frozen=True)
class Histogram:
    """Counts of bins: the first up to edges[0] inclusive, the last above edges[-1]; one count more than edges."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @classmethod
    def read(cls, given: Any) -> Histogram | None:
        """A reference out of an evaluation's record; None for anything else than edges that rise and their counts."""
        match given:
            case {"edges": [*edges], "counts": [*counts]}:
                numbers = [*edges, *counts]
                whole = all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers)
                if not whole or not all(math.isfinite(one) and one >= 0 for one in numbers):
                    return None
                rises = all(low < high for low, high in pairwise(edges))
                if rises and len(counts) == len(edges) + 1:
                    return cls(tuple(map(float, edges)), tuple(map(int, counts)))
        return None

    @property
    def n(self) -> int:
        return sum(self.counts)

    @property
    def shares(self) -> tuple[float, ...]:
        """Of each bin, 0 to 1; zeros where nothing was counted."""
        return tuple(count / self.n if self.n else 0.0 for count in self.counts)


@dataclass(frozen=True)
class FeatureDrift:
    """One feature of one version. `psi`, `ks` and `chance` are None where nothing can be said."""

    feature: str
    state: DriftState
    psi: float | None = None
    ks: float | None = None
    #: The PSI that two samples of one population of these sizes pass once in twenty.
    chance: float | None = None
    reference: Histogram | None = None
    production: Histogram | None = None


def compared(feature: str, reference: Histogram | None, production: Histogram | None) -> FeatureDrift:
    """What the two say of a feature; both histograms have the same edges. Nothing is said below ENOUGH of either."""
    if reference is None or production is None:
        return FeatureDrift(feature, DriftState.NO_REFERENCE)
    if min(reference.n, production.n) < ENOUGH:
        return FeatureDrift(feature, DriftState.TOO_FEW, reference=reference, production=production)
    found = psi(reference.counts, production.counts)
    state = DriftState.SHIFTED if found > SHIFTED else DriftState.MOVED if found >= MOVED else DriftState.STEADY
    distance = kolmogorov_smirnov(reference.counts, production.counts)
    chance = by_chance(len(reference.counts), reference.n, production.n)
    return FeatureDrift(feature, state, found, distance, chance, reference, production)


def psi(expected: Sequence[int], observed: Sequence[int]) -> float:
    """Return the index of two histograms over the same bins; half a count is added to each bin of both."""
    pairs = zip(_smoothed(expected), _smoothed(observed), strict=True)
    return math.fsum((p - q) * math.log(p / q) for p, q in pairs)


def kolmogorov_smirnov(expected: Sequence[int], observed: Sequence[int]) -> float:
    """Return the largest difference of the two cumulative shares at the bins' edges, 0 to 1.

    Between edges it may be larger: this is a lower bound of the statistic over single values.
    """
    n, m = sum(expected), sum(observed)
    if not n or not m:
        raise ValueError("a share needs something to be counted")
    return max(abs(p / n - q / m) for p, q in zip(accumulate(expected), accumulate(observed), strict=True))


def by_chance(bins: int, n: int, m: int) -> float:
    """Return the PSI that samples of n and m of one population pass once in twenty.

    The quantile of chi-squared is Wilson and Hilferty's (PNAS 17, 1931), within a few percent of the exact one.
    """
    freedom = bins - 1
    if freedom < 1:
        return 0.0
    spread = 2 / (9 * freedom)
    return freedom * (1 - spread + _Z95 * math.sqrt(spread)) ** 3 * (1 / n + 1 / m)


def _smoothed(counts: Sequence[int]) -> list[float]:
    whole = sum(counts) + _PRIOR * len(counts)
    return [(count + _PRIOR) / whole for count in counts]
