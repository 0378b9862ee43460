"""Bootstrap intervals: conversations are drawn with replacement, all their ratings with them.

Every coefficient is a function of sums over items. A replicate is therefore a row of draw counts, and all replicates
are one matrix product. Items that look alike are drawn together (`Ratings.patterns`), so 1,000 replicates of 4,500
items take milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy  # its parts come when they are first used: scipy.stats takes most of a second
from numpy.typing import NDArray

from annotation.agreement.ratings import Ratings
from annotation.agreement.replicates import REPLICATES, Coefficient, Floats, chance_agreement

Verdict = Literal["pass", "fail", "not yet settled"]
CHUNK = 250  # replicates per matrix product: bounds memory at 250 x items floats
LEAST_REPLICATES = 0.5  # below this share of defined replicates an interval would be about something else
JACKKNIFE_PATTERNS = 400  # with more of them there are so many items that the correction is nothing
TINY = 1e-24
Statistic = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Interval:
    """An interval by bootstrap. `low` and `high` in the coefficient's own unit."""

    low: float
    high: float
    replicates: int


def bootstrap(
    ratings: Ratings, coefficient: Coefficient, *, replicates: int = 1000, seed: int = 0, level: float = 0.95
) -> Interval | None:
    """Interval of a coefficient by resampling items; the same seed gives the same interval.

    None with fewer than two items, without replicates, or where the coefficient is undefined in most replicates.
    """
    return measured(ratings, coefficient, replicates=replicates, seed=seed, level=level)[1]


def measured(
    ratings: Ratings, coefficient: Coefficient, *, replicates: int, seed: int, level: float = 0.95
) -> tuple[float, Interval | None]:
    """A coefficient (NaN: undefined) and its interval."""
    replicate, keeps_raters = REPLICATES[coefficient]
    alike, times = ratings.patterns(keep_raters=keeps_raters)
    value, interval = resampled(
        lambda draws: replicate(alike, draws), times, replicates=replicates, seed=seed, level=level
    )
    return value, not_too_sure(interval, value, ratings.paired_items, chance_agreement(ratings, coefficient), level)


def not_too_sure(
    interval: Interval | None, value: float, items: int, chance: float, level: float = 0.95
) -> Interval | None:
    """No disagreement seen is not no disagreement: resampling perfect agreement only ever gives 1.

    Where none of n items holds a disagreement, up to 1 - tail ** (1 / n) of all items may (Clopper & Pearson 1934);
    the lower end is the kappa of that.
    """
    if interval is None or interval.low < interval.high or value < 1 or items < 1:
        return interval
    unseen = 1 - ((1 - level) / 2) ** (1 / items)
    return Interval(1 - unseen / (1 - chance), interval.high, interval.replicates)


def resampled(
    statistic: Statistic, times: NDArray[np.int64], *, replicates: int, seed: int, level: float = 0.95
) -> tuple[float, Interval | None]:
    """A statistic of all items and its interval; see `resampled_all`."""
    values, intervals = resampled_all(
        lambda draws: statistic(draws)[:, None], times, replicates=replicates, seed=seed, level=level
    )
    return float(values[0]), intervals[0]


def resampled_all(
    statistic: Statistic, times: NDArray[np.int64], *, replicates: int, seed: int, level: float = 0.95
) -> tuple[Floats, list[Interval | None]]:
    """Several statistics of all items, and the interval of each.

    `times[p]` is how many items look like pattern p; `statistic` maps draw counts (rows x patterns) to values (rows x
    statistics). Intervals are bias-corrected and accelerated (BCa; Efron & Tibshirani 1993, ch. 14): kappa near 1 is
    skewed, and the plain percentile interval of a small round lies above the truth too often (docs/agreement.md).
    """
    now = statistic(times[None, :].astype(np.float64))[0]
    items = int(times.sum())
    if items < 2 or replicates < 1:
        return now, [None] * len(now)
    generator = np.random.default_rng(seed)
    sizes = [min(CHUNK, replicates - start) for start in range(0, replicates, CHUNK)]
    draws = (generator.multinomial(items, times / items, size=size).astype(np.float64) for size in sizes)
    drawn = np.concatenate([statistic(chunk) for chunk in draws])
    without = _without_one(statistic, times)
    return now, [
        _interval(drawn[:, n], float(now[n]), None if without is None else without[:, n], times, level)
        for n in range(len(now))
    ]


def _without_one(statistic: Statistic, times: NDArray[np.int64]) -> Floats | None:
    """The statistics without one item of each pattern; None where that is too many to be worth it."""
    if len(times) > JACKKNIFE_PATTERNS:
        return None
    rows = times[None, :] - np.eye(len(times))
    return np.concatenate([statistic(rows[start : start + CHUNK]) for start in range(0, len(rows), CHUNK)])


def _interval(
    drawn: Floats, now: float, without: Floats | None, times: NDArray[np.int64], level: float
) -> Interval | None:
    defined = drawn[np.isfinite(drawn)]
    if not np.isfinite(now) or len(defined) == 0 or len(defined) < LEAST_REPLICATES * len(drawn):
        return None
    tail = (1 - level) / 2
    shares = np.array([tail, 1 - tail])
    below = ((defined < now).sum() + (defined == now).sum() / 2) / len(defined)
    if 0 < below < 1:
        bias = scipy.stats.norm.ppf(below)
        reach = bias + scipy.stats.norm.ppf(shares)
        shares = scipy.stats.norm.cdf(bias + reach / (1 - _acceleration(without, times) * reach))
    low, high = np.quantile(defined, shares)
    return Interval(float(low), float(high), len(drawn))


def _acceleration(without: Floats | None, times: NDArray[np.int64]) -> float:
    """How fast the standard error changes with the value, from the skewness of the jackknife."""
    if without is None or not np.isfinite(without).all():
        return 0.0
    apart = np.average(without, weights=times) - without
    squares = float(times @ apart**2)
    return float(times @ apart**3) / (6 * squares**1.5) if squares > TINY else 0.0


def verdict(interval: Interval | None, gate: float) -> Verdict:
    """Does the interval clear the gate? It passes only when all of it lies above."""
    if interval is None:
        return "not yet settled"
    if interval.low > gate:
        return "pass"
    return "fail" if interval.high <= gate else "not yet settled"
