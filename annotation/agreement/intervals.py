"""Bootstrap intervals: conversations are drawn with replacement, all their ratings with them.

Every coefficient is a function of sums over items. A replicate is therefore a row of draw counts, and all replicates
are one matrix product: 1,000 replicates of 1,400 items take a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from annotation.agreement.ratings import MISSING, Ratings

Coefficient = Literal["fleiss", "cohen_mean", "krippendorff_nominal", "ac1"]
Verdict = Literal["pass", "fail", "not yet settled"]
Floats = NDArray[np.float64]
CHUNK = 250  # replicates per matrix product: bounds memory at 250 x items floats


@dataclass(frozen=True)
class Interval:
    """Percentile interval. `low` and `high` in the coefficient's own unit."""

    low: float
    high: float
    replicates: int


def bootstrap(
    ratings: Ratings, coefficient: Coefficient, *, replicates: int = 1000, seed: int = 0, level: float = 0.95
) -> Interval | None:
    """Percentile interval of a coefficient by resampling items; the same seed gives the same interval.

    None with fewer than two items, without replicates, or where the coefficient is undefined in most replicates.
    """
    items = len(ratings.items)
    if items < 2 or replicates < 1:
        return None
    replicate = _REPLICATORS[coefficient]
    values = np.concatenate([replicate(ratings, draws) for draws in _draws(items, replicates, seed)])
    values = values[np.isfinite(values)]
    if len(values) < replicates / 2:
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high), replicates)


def verdict(interval: Interval | None, gate: float) -> Verdict:
    """Does the interval clear the gate? It passes only when all of it lies above."""
    if interval is None:
        return "not yet settled"
    if interval.low > gate:
        return "pass"
    return "fail" if interval.high <= gate else "not yet settled"


def items_to_settle(estimate: float | None, interval: Interval | None, gate: float, items: int) -> int | None:
    """About how many more items until the interval clears the gate on one side, if the estimate holds.

    An interval narrows with the square root of the items. None when it is settled, or when the estimate sits on the
    gate so closely that no feasible number would do.
    """
    if estimate is None or interval is None or verdict(interval, gate) != "not yet settled":
        return None
    distance = abs(estimate - gate)
    reach = estimate - interval.low if estimate > gate else interval.high - estimate
    if distance < 0.001 or reach <= 0:
        return None
    return max(1, int(np.ceil(items * (reach / distance) ** 2)) - items)


def _draws(items: int, replicates: int, seed: int) -> Iterator[Floats]:
    generator = np.random.default_rng(seed)
    even = np.full(items, 1 / items)
    for start in range(0, replicates, CHUNK):
        yield generator.multinomial(items, even, size=min(CHUNK, replicates - start)).astype(np.float64)


def _pooled(ratings: Ratings, draws: Floats) -> tuple[Floats, Floats]:
    """Observed agreement and category shares of each replicate."""
    counts = ratings.counts
    totals = counts.sum(axis=1)
    pairs = totals * (totals - 1)
    agreeing = np.divide((counts * (counts - 1)).sum(axis=1), pairs, out=np.zeros(len(counts)), where=pairs > 0)
    shares = np.divide(counts, totals[:, None], out=np.zeros(counts.shape), where=totals[:, None] > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = (draws @ agreeing) / (draws @ (pairs > 0).astype(np.float64))
        category = (draws @ shares) / (draws @ (totals > 0).astype(np.float64))[:, None]
    return observed, category


def _corrected(observed: Floats, chance: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.isclose(chance, 1.0), np.nan, (observed - chance) / (1 - chance))


def _fleiss(ratings: Ratings, draws: Floats) -> Floats:
    observed, shares = _pooled(ratings, draws)
    return _corrected(observed, (shares**2).sum(axis=1))


def _ac1(ratings: Ratings, draws: Floats) -> Floats:
    observed, shares = _pooled(ratings, draws)
    return _corrected(observed, (shares * (1 - shares)).sum(axis=1) / max(1, len(ratings.categories) - 1))


def _cohen_mean(ratings: Ratings, draws: Floats) -> Floats:
    size = len(ratings.categories)
    kappas = []
    for a, b in combinations(range(len(ratings.raters)), 2):
        first, second = ratings.codes[:, a], ratings.codes[:, b]
        both = (first != MISSING) & (second != MISSING)
        if not both.any():
            continue
        rows = np.eye(size)[first[both]]
        columns = np.eye(size)[second[both]]
        drawn = draws[:, both]
        total = drawn.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            observed = (drawn @ (first[both] == second[both]).astype(np.float64)) / total
            chance = ((drawn @ rows) * (drawn @ columns)).sum(axis=1) / total**2
        kappas.append(_corrected(observed, chance))
    if not kappas:
        return np.full(len(draws), np.nan)
    stacked = np.array(kappas)
    defined = np.isfinite(stacked)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(defined, stacked, 0).sum(axis=0) / defined.sum(axis=0)


def _krippendorff_nominal(ratings: Ratings, draws: Floats) -> Floats:
    """Alpha from coincidences: each item adds n_c (n_c - [c = c']) / (m - 1) (Krippendorff 2011)."""
    counts = ratings.counts.astype(np.float64)
    totals = counts.sum(axis=1)
    paired = totals >= 2
    counts, totals, drawn = counts[paired], totals[paired], draws[:, paired]
    agreeing = (counts * (counts - 1)).sum(axis=1) / (totals - 1)
    per_category = drawn @ counts
    values = per_category.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = 1 - (drawn @ agreeing) / values
        expected = 1 - (per_category * (per_category - 1)).sum(axis=1) / (values * (values - 1))
        return np.where(expected > 0, 1 - observed / expected, np.nan)


_REPLICATORS = {
    "fleiss": _fleiss,
    "ac1": _ac1,
    "cohen_mean": _cohen_mean,
    "krippendorff_nominal": _krippendorff_nominal,
}
