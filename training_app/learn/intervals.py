"""95% intervals and one-sided bounds for shares and for anything that can be resampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy  # its parts come when they are first used: scipy.stats takes most of a second
from numpy.typing import NDArray

LEVEL: Final = 0.95
RESAMPLES: Final = 1000


@dataclass(frozen=True)
class Interval:
    """A two-sided interval and the one-sided bounds of the same level, which the verdicts use."""

    low: float
    high: float
    lower_bound: float
    upper_bound: float


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> Interval:
    """Return the exact interval of a share (Clopper and Pearson 1934). Raises ValueError when n is 0."""
    if n < 1 or not 0 <= successes <= n:
        raise ValueError("a share needs 0 <= successes <= n and n >= 1")
    tail = 1.0 - level

    def lower(alpha: float) -> float:
        return 0.0 if successes == 0 else float(scipy.stats.beta.ppf(alpha, successes, n - successes + 1))

    def upper(alpha: float) -> float:
        return 1.0 if successes == n else float(scipy.stats.beta.ppf(1.0 - alpha, successes + 1, n - successes))

    return Interval(lower(tail / 2), upper(tail / 2), lower(tail), upper(tail))


def wilson(successes: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's score interval of a share (Wilson 1927). Raises ValueError when n is 0."""
    if n < 1 or not 0 <= successes <= n:
        raise ValueError("a share needs 0 <= successes <= n and n >= 1")
    z = float(scipy.stats.norm.ppf(1.0 - (1.0 - level) / 2))
    share, z2 = successes / n, z * z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)))
    return max(0.0, centre - half), min(1.0, centre + half)


def bootstrap(
    statistics: Callable[[NDArray[np.int64]], Mapping[str, float]],
    strata: NDArray[np.int64],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> dict[str, Interval]:
    """Return percentile intervals of several statistics, resampled with replacement within each stratum.

    `strata` int [N] (the true class of each conversation). `statistics` gets how often each row was drawn, int [N],
    and returns its figures by name; all of them see the same resamples. Resamples on which a figure is not defined
    (NaN) are left out of its interval.
    """
    generator = np.random.default_rng(seed)
    groups = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    drawn = np.zeros(len(strata), dtype=np.int64)
    found: dict[str, list[float]] = {}
    for _ in range(resamples):
        for group in groups:
            drawn[group] = np.bincount(generator.integers(0, len(group), len(group)), minlength=len(group))
        for name, value in statistics(drawn).items():
            found.setdefault(name, []).append(value)
    return {name: percentiles(np.array(values), level) for name, values in found.items()}


def percentiles(values: NDArray[np.float64], level: float = LEVEL) -> Interval:
    """Return the interval of resampled values, NaN left out; all NaN gives the whole range 0..1."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return Interval(0.0, 1.0, 0.0, 1.0)
    tail = 1.0 - level
    low, high, lower, upper = np.quantile(defined, [tail / 2, 1 - tail / 2, tail, 1 - tail])
    return Interval(float(low), float(high), float(lower), float(upper))
