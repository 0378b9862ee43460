"""Intraclass correlations: Shrout & Fleiss (1979) for complete tables, variance components for tables with gaps.

Own code: statsmodels and scikit-learn have no ICC, and pingouin's licence (GPL) doesn't fit this product's. Checked
against Shrout & Fleiss's tables 2 and 4 and the intervals of McGraw & Wong (1996).

A round of eight raters with three labels a sample has no sample that all eight rated, so ICC(2) and ICC(3) by analysis
of variance would rest on nothing. There the components of item, rater and residual come from Henderson's third method
(Searle, Casella & McCulloch, Variance Components, 1992, ch. 5), which on a complete table is the same as ICC(2,1) and
ICC(3,1); its interval is by bootstrap over items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from annotation.agreement.estimates import alike_rows
from annotation.agreement.intervals import resampled_all

Floats = NDArray[np.float64]
LEAST_ITEMS = 2


@dataclass(frozen=True)
class Correlation:
    """One ICC with its 95% interval (None: undefined), and how many items it rests on."""

    estimate: float
    low: float | None
    high: float | None
    items: int


def icc_complete(values: Floats, level: float = 0.95) -> dict[str, Correlation]:
    """ICC(1,1) ... ICC(3,k) of items x raters (NaN: missing), over the items that every rater rated.

    Keys icc1, icc2, icc3 (a single rater) and icc1k, icc2k, icc3k (the mean of all k). {} with fewer than two complete
    items, fewer than two raters, or where nothing varies. Intervals by F (Shrout & Fleiss 1979; McGraw & Wong 1996).
    """
    table = values[np.isfinite(values).all(axis=1)]
    if len(table) < LEAST_ITEMS or table.shape[1] < 2:
        return {}
    n, k = table.shape
    between, raters, residual, within = _mean_squares(table)
    tail = 1 - (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        single = {
            "icc1": _by_f(between, within, k, (n - 1, n * (k - 1)), tail),
            "icc2": _icc2(between, raters, residual, n, k, tail),
            "icc3": _by_f(between, residual, k, (n - 1, (n - 1) * (k - 1)), tail),
        }
        average = {f"{name}k": [_of_mean(part, k) for part in parts] for name, parts in single.items()}
    return {
        name: Correlation(float(parts[0]), _finite(parts[1]), _finite(parts[2]), n)
        for name, parts in {**single, **average}.items()
        if np.isfinite(parts[0])
    }


def icc_with_gaps(values: Floats, *, replicates: int, seed: int, level: float = 0.95) -> dict[str, Correlation]:
    """ICC of a single rater from variance components, whatever cells are missing (NaN), over all paired items.

    Keys `agreement` (rater differences count, as ICC(2,1)) and `consistency` (they don't, as ICC(3,1)). {} where the
    components can't be told apart: no item with two ratings, or too few ratings for items and raters.
    """
    paired = values[np.isfinite(values).sum(axis=1) >= 2]
    if len(paired) < LEAST_ITEMS:
        return {}
    distinct, times = alike_rows(paired)
    features = _item_sums(distinct)
    values, intervals = resampled_all(
        lambda draws: _from_sums(draws @ features, paired.shape[1]),
        times,
        replicates=replicates,
        seed=seed,
        level=level,
    )
    found = {}
    for name, value, interval in zip(("agreement", "consistency"), values, intervals, strict=True):
        if np.isfinite(value):
            low, high = (interval.low, interval.high) if interval else (None, None)
            found[name] = Correlation(float(value), low, high, len(paired))
    return found


def _mean_squares(table: Floats) -> tuple[float, float, float, float]:
    """Mean squares between items, between raters, residual, and within items; what is only rounding is zero."""
    n, k = table.shape
    centre = table.mean()
    total = ((table - centre) ** 2).sum()
    of_items = k * ((table.mean(axis=1) - centre) ** 2).sum()
    of_raters = n * ((table.mean(axis=0) - centre) ** 2).sum()
    rest = total - of_items - of_raters
    rounding = 1e-12 * total + table.size * (1e-14 * np.abs(table).max()) ** 2
    of_items, of_raters, rest = (0.0 if part <= rounding else float(part) for part in (of_items, of_raters, rest))
    return (
        float(of_items / (n - 1)),
        float(of_raters / (k - 1)),
        rest / ((n - 1) * (k - 1)),
        float((of_raters + rest) / (n * (k - 1))),
    )


def _by_f(between: float, error: float, k: int, freedom: tuple[int, int], tail: float) -> list[float]:
    """Estimate, low and high of (B - E) / (B + (k - 1) E), where B / E is compared with F."""
    limits = (1.0, scipy.stats.f.ppf(tail, *freedom), 1 / scipy.stats.f.ppf(tail, *freedom[::-1]))
    return [np.divide(between - c * error, between + (k - 1) * c * error) for c in limits]


def _icc2(between: float, raters: float, residual: float, n: int, k: int, tail: float) -> list[float]:
    """ICC(2,1) with the interval by Satterthwaite's degrees of freedom (Shrout & Fleiss 1979, p. 424)."""
    rho = np.divide(between - residual, between + (k - 1) * residual + k * (raters - residual) / n)
    if not rho < 1:
        return [rho, rho, rho]
    a = k * rho / (n * (1 - rho))
    b = 1 + a * (n - 1)
    freedom = (a * raters + b * residual) ** 2 / (
        (a * raters) ** 2 / (k - 1) + (b * residual) ** 2 / ((n - 1) * (k - 1))
    )
    rest = k * raters + (k * n - k - n) * residual
    down, up = scipy.stats.f.ppf(tail, n - 1, freedom), scipy.stats.f.ppf(tail, freedom, n - 1)
    low = n * (between - down * residual) / (down * rest + n * between)
    high = n * (up * between - residual) / (rest + n * up * between)
    return [rho, low, high]


def _of_mean(single: float, k: int) -> float:
    """The coefficient of the mean of k raters (Spearman & Brown); NaN at the pole, where only rounding has a value."""
    share = 1 + (k - 1) * single
    return float(k * single / share) if abs(share) > 1e-12 else float("nan")


def _item_sums(values: Floats) -> Floats:
    """Per item what the components are made of; everything Henderson's method needs is a sum of these over items."""
    there = np.isfinite(values).astype(np.float64)
    rated = np.where(there > 0, values, 0.0)
    count = there.sum(axis=1)
    mean = rated.sum(axis=1) / count
    within = ((rated - mean[:, None]) ** 2 * there).sum(axis=1)
    deviations = (rated - mean[:, None]) * there
    eye = np.eye(values.shape[1])
    design = eye * there[:, :, None] - there[:, :, None] * there[:, None, :] / count[:, None, None]
    once = np.ones(len(values))
    parts = [once, count, (rated**2).sum(axis=1), within, there, rated, deviations, design.reshape(len(values), -1)]
    return np.column_stack(parts)


def _from_sums(sums: Floats, k: int) -> Floats:
    """replicates x (agreement, consistency) from sums over items."""
    items, ratings, squares, within = sums[:, 0], sums[:, 1], sums[:, 2], sums[:, 3]
    per_rater, totals, deviations = (sums[:, 4 + part * k : 4 + (part + 1) * k] for part in range(3))
    design = sums[:, 4 + 3 * k :].reshape(-1, k, k)
    inverse = np.linalg.pinv(design, hermitian=True)
    ranks = np.linalg.matrix_rank(design, hermitian=True)
    of_raters = np.einsum("ni,nij,nj->n", deviations, inverse, deviations)  # R(rater | item)
    present = (per_rater > 0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        error_squares = within - of_raters
        free = ratings - items - ranks
        error = np.where(free > 0, error_squares / free, np.nan)
        rater = (of_raters - ranks * error) / np.trace(design, axis1=1, axis2=2)
        by_rater = np.where(per_rater > 0, totals**2 / per_rater, 0.0).sum(axis=1)
        of_items = squares - error_squares - by_rater  # R(item | rater)
        item = (of_items - (items + ranks - present) * error) / (ratings - present)
        agreement, consistency = item / (item + rater + error), item / (item + error)
    return np.column_stack([agreement, consistency])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
