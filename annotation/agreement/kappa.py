"""Kappa coefficients, AC1 and percent agreement.

Cohen's kappa comes from scikit-learn (or, for a contingency table, from statsmodels). Fleiss' kappa and AC1 are own
code because the libraries refuse missing cells: here they follow Gwet, Handbook of Inter-Rater Reliability (4th ed.,
2014, chapters 2-3, "multiple raters, missing ratings"), as in his irrCAC tables.
Every coefficient is None where it isn't defined (no pair of ratings, or no disagreement possible by chance).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from annotation.agreement.ratings import MISSING, Ratings

Weights = Literal["linear", "quadratic"] | None
STATSMODELS_WEIGHT: dict[Weights, str | None] = {None: None, "linear": "linear", "quadratic": "quadratic"}


def cohen_kappa(first: NDArray[np.int64], second: NDArray[np.int64], n: int, weights: Weights = None) -> float | None:
    """Kappa of two raters over the items that both rated; codes 0..n-1, -1 missing."""
    both = (first != MISSING) & (second != MISSING)
    if not both.any():
        return None
    a, b = first[both], second[both]
    if np.array_equal(a, b) and len(np.unique(a)) == 1:
        return None  # one category only: chance agreement is 1 and kappa is 0/0
    # Imported when asked for: it takes half a second, and most processes never come here.
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(a, b, labels=list(range(n)), weights=weights))


def cohen_pairs(ratings: Ratings, weights: Weights = None) -> list[dict[str, object]]:
    """Kappa of every pair of raters with an item in common: [{"raters", "items", "kappa"}]."""
    pairs: list[dict[str, object]] = []
    for a, b in combinations(range(len(ratings.raters)), 2):
        shared = int(((ratings.codes[:, a] != MISSING) & (ratings.codes[:, b] != MISSING)).sum())
        if shared:
            value = cohen_kappa(ratings.codes[:, a], ratings.codes[:, b], len(ratings.categories), weights)
            pairs.append({"raters": [ratings.raters[a], ratings.raters[b]], "items": shared, "kappa": value})
    return pairs


def cohen_mean(pairs: list[dict[str, object]]) -> float | None:
    """Plain mean over the pairs for which kappa is defined."""
    values = [float(pair["kappa"]) for pair in pairs if isinstance(pair["kappa"], float)]
    return float(np.mean(values)) if values else None


def cohen_from_table(table: NDArray[np.int64], weights: Weights = None) -> float | None:
    """Kappa of a square contingency table (rater 1 in rows, rater 2 in columns)."""
    total = table.sum()
    if total == 0 or (table.sum(axis=0) * table.sum(axis=1)).sum() == total**2:
        return None
    from statsmodels.stats.inter_rater import cohens_kappa  # as above

    return float(cohens_kappa(table, wt=STATSMODELS_WEIGHT[weights], return_results=False))


def percent_agreement(ratings: Ratings) -> float | None:
    """Mean over items with two or more ratings of the share of agreeing pairs (Fleiss' observed agreement)."""
    observed = _pair_agreement(ratings.counts)
    return float(observed.mean()) if len(observed) else None


def fleiss_kappa(ratings: Ratings) -> float | None:
    """Fleiss' kappa; items with one rating count towards the marginals only (Gwet 2014, eq. 2.14 ff.)."""
    return _chance_corrected(ratings, lambda shares: float((shares**2).sum()))


def gwet_ac1(ratings: Ratings) -> float | None:
    """Gwet's AC1 (Gwet 2008): chance agreement sum(p(1-p)) / (categories - 1); steadier on skewed labels."""
    categories = len(ratings.categories)
    if categories < 2:
        return None
    return _chance_corrected(ratings, lambda shares: float((shares * (1 - shares)).sum()) / (categories - 1))


def _chance_corrected(ratings: Ratings, chance_of: Callable[[NDArray[np.float64]], float]) -> float | None:
    observed = percent_agreement(ratings)
    if observed is None:
        return None
    chance = chance_of(category_shares(ratings.counts))
    return None if np.isclose(chance, 1.0) else (observed - chance) / (1 - chance)


def category_shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean over rated items of each category's share of the item's ratings."""
    totals = counts.sum(axis=1)
    rated = totals > 0
    return (counts[rated] / totals[rated, None]).mean(axis=0)


def _pair_agreement(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    totals = counts.sum(axis=1)
    paired = totals >= 2
    agreeing = (counts[paired] * (counts[paired] - 1)).sum(axis=1)
    return agreeing / (totals[paired] * (totals[paired] - 1))
