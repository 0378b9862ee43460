"""Coefficients of many resampled rounds at once, from draw counts of items (replicates x items)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from annotation.agreement.alpha import Level
from annotation.agreement.ratings import MISSING, Ratings

Coefficient = Literal[
    "fleiss",
    "cohen_mean",
    "cohen_linear",
    "cohen_quadratic",
    "krippendorff_nominal",
    "krippendorff_ordinal",
    "ac1",
    "percent_agreement",
]
Floats = NDArray[np.float64]
Weighting = Literal["linear", "quadratic"] | None


def pairs_of(ratings: Ratings) -> list[tuple[int, int]]:
    """Pairs of raters (columns) with an item in common."""
    rated = (ratings.codes != MISSING).astype(np.int64)
    shared = rated.T @ rated
    return [(a, b) for a, b in combinations(range(len(ratings.raters)), 2) if shared[a, b]]


def pair_kappas(ratings: Ratings, draws: Floats, weights: Weighting = None) -> tuple[Floats, Floats]:
    """Cohen's kappa of each pair in each replicate, and how many items it rests on: replicates x pairs, both."""
    size = len(ratings.categories)
    cost = disagreement(size, weights)
    onehot = np.vstack([np.eye(size), np.zeros(size)])  # code -1 (missing) reads the last row
    kappas, items = [], []
    for a, b in pairs_of(ratings):
        first, second = ratings.codes[:, a], ratings.codes[:, b]
        both = (first != MISSING) & (second != MISSING)
        drawn = draws[:, both]
        total = drawn.sum(axis=1)
        rows, columns = drawn @ onehot[first[both]], drawn @ onehot[second[both]]
        with np.errstate(invalid="ignore", divide="ignore"):
            observed = (drawn @ cost[first[both], second[both]]) / total
            chance = ((rows @ cost) * columns).sum(axis=1) / total**2
            kappas.append(np.where(np.isclose(chance, 0.0), np.nan, 1 - observed / chance))
        items.append(total)
    if not kappas:
        return np.full((len(draws), 0), np.nan), np.zeros((len(draws), 0))
    return np.column_stack(kappas), np.column_stack(items)


def mean_over_pairs(kappas: Floats, weights: Floats | None = None) -> Floats:
    """Mean over the pairs whose kappa is defined, plain or weighted; NaN where none is."""
    defined = np.isfinite(kappas)
    share = defined.astype(np.float64) if weights is None else np.where(defined, weights, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (np.where(defined, kappas, 0.0) * share).sum(axis=1) / share.sum(axis=1)


def disagreement(size: int, weights: Weighting) -> Floats:
    """How far apart two categories are: 1 for different ones, |i - j|, or its square."""
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(np.float64)
    if weights is None:
        return (apart > 0).astype(np.float64)
    return apart if weights == "linear" else apart**2


def chance_agreement(ratings: Ratings, coefficient: Coefficient) -> float:
    """The agreement that the coefficient ascribes to chance, from how often each category was chosen."""
    if coefficient == "percent_agreement":
        return 0.0
    shares = _pooled(ratings, np.ones((1, len(ratings.items))))[1][0]
    if coefficient == "ac1":
        return float((shares * (1 - shares)).sum() / max(1, len(shares) - 1))
    return float((shares**2).sum())


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


def _percent(ratings: Ratings, draws: Floats) -> Floats:
    return _pooled(ratings, draws)[0]


def _cohen(ratings: Ratings, draws: Floats, weights: Weighting = None) -> Floats:
    return mean_over_pairs(pair_kappas(ratings, draws, weights)[0])


def _krippendorff(ratings: Ratings, draws: Floats, level: Level) -> Floats:
    """Alpha from coincidences: an item adds n_c (n_c' - [c = c']) / (m - 1) to cell c, c' (Krippendorff 2011)."""
    counts = ratings.counts.astype(np.float64)
    totals = counts.sum(axis=1)
    paired = totals >= 2
    counts, totals, drawn = counts[paired], totals[paired], draws[:, paired]
    size = counts.shape[1]
    cells = counts[:, :, None] * counts[:, None, :] - np.eye(size) * counts[:, :, None]
    coincidences = (drawn @ (cells / (totals - 1)[:, None, None]).reshape(len(counts), -1)).reshape(-1, size, size)
    per_category = drawn @ counts
    apart = _distances(per_category, level)
    pairs = per_category[:, :, None] * per_category[:, None, :] - np.eye(size) * per_category[:, :, None]
    values = per_category.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = (coincidences * apart).sum(axis=(1, 2)) / values
        expected = (pairs * apart).sum(axis=(1, 2)) / (values * (values - 1))
        return np.where(expected > 0, 1 - observed / expected, np.nan)


def _distances(per_category: Floats, level: Level) -> Floats:
    """Krippendorff's squared distance of two categories, per replicate: nominal, or ordinal (from the marginals)."""
    size = per_category.shape[1]
    if level == "nominal":
        return np.broadcast_to(1 - np.eye(size), (len(per_category), size, size))
    below = np.cumsum(per_category, axis=1) - per_category / 2  # the ordinal metric is the distance of mid-ranks
    return (below[:, :, None] - below[:, None, :]) ** 2


# How a coefficient is computed, and whether it matters who gave which rating.
REPLICATES: dict[Coefficient, tuple[Callable[[Ratings, Floats], Floats], bool]] = {
    "fleiss": (_fleiss, False),
    "ac1": (_ac1, False),
    "percent_agreement": (_percent, False),
    "cohen_mean": (_cohen, True),
    "cohen_linear": (partial(_cohen, weights="linear"), True),
    "cohen_quadratic": (partial(_cohen, weights="quadratic"), True),
    "krippendorff_nominal": (partial(_krippendorff, level="nominal"), False),
    "krippendorff_ordinal": (partial(_krippendorff, level="ordinal"), False),
}
