"""A figure that may be believed: with what it rests on and its interval, or without a number at all."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from annotation.agreement.intervals import Interval, measured, resampled
from annotation.agreement.ratings import Ratings
from annotation.agreement.replicates import Coefficient, Floats

Counts = NDArray[np.int64]
ENOUGH_ITEMS = 30  # samples with two labels; below, an interval of kappa is nearly the whole scale
ENOUGH_OF_TYPE = 10  # samples in which somebody saw the type: kappa of a rarer one hangs on single labels


class Estimate(TypedDict):
    """`value` and `interval` are None where `items` are not `enough`, or where the coefficient is undefined."""

    value: float | None
    interval: dict[str, float] | None
    items: int
    enough: bool


def estimated(
    ratings: Ratings, coefficient: Coefficient, *, replicates: int, seed: int, least: int = ENOUGH_ITEMS
) -> Estimate:
    """A coefficient over the items with two ratings or more; no number below `least` of them."""
    items = ratings.paired_items
    if items < least:
        return nothing(items)
    value, interval = measured(ratings, coefficient, replicates=replicates, seed=seed)
    return made(value, interval, items)


def made(value: float, interval: Interval | None, items: int) -> Estimate:
    """An estimate; without an interval it isn't one."""
    if interval is None or not np.isfinite(value):
        return nothing(items)
    return Estimate(value=float(value), interval=as_dict(interval), items=items, enough=True)


def nothing(items: int) -> Estimate:
    """Too little to say a number."""
    return Estimate(value=None, interval=None, items=items, enough=False)


def share(successes: int, total: int, least: int = ENOUGH_ITEMS) -> Estimate:
    """A share with Wilson's interval."""
    if total < max(1, least):
        return nothing(total)
    # Imported when asked for: with pandas it takes a second, and most processes never come here.
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(successes, total, method="wilson")
    return Estimate(
        value=successes / total, interval={"low": float(low), "high": float(high)}, items=total, enough=True
    )


def ratio(
    sums: Floats, times: Counts | None = None, *, replicates: int, seed: int, least: int = ENOUGH_ITEMS
) -> Estimate:
    """Sum of the second column over the sum of the first (items x 2), with an interval by resampling items.

    For shares of things that come several to an item, such as pairs of labels. A row stands for `times` items that look
    alike (default: each for one). `items` of the answer is the sum of the first column.
    """
    distinct, times = alike_rows(sums) if times is None else (sums, times)
    total = int(times @ distinct[:, 0])
    if total < max(1, least):
        return nothing(total)

    def ratios(draws: Floats) -> Floats:
        of, hits = (draws @ distinct).T
        with np.errstate(invalid="ignore", divide="ignore"):
            return hits / of

    value, interval = resampled(ratios, times, replicates=replicates, seed=seed)
    return made(value, _not_too_sure(value, interval, int(times[distinct[:, 0] > 0].sum())), total)


def _not_too_sure(value: float, interval: Interval | None, items: int) -> Interval | None:
    """Resampling nothing but noes only ever gives 0: the other end is then Clopper and Pearson's for `items`."""
    if interval is None or value not in (0.0, 1.0):
        return interval
    unseen = 1 - 0.025 ** (1 / items)
    low, high = (0.0, unseen) if value == 0.0 else (1 - unseen, 1.0)
    return Interval(low, high, interval.replicates)


def alike_rows(table: Floats) -> tuple[Floats, Counts]:
    """Distinct rows of a table (NaN equals NaN) and how often each stands there."""
    _, first, times = np.unique(
        np.where(np.isfinite(table), table, -np.inf), axis=0, return_index=True, return_counts=True
    )
    return table[first], times


def as_dict(interval: Interval | None) -> dict[str, Any] | None:
    """JSON-ready."""
    return None if interval is None else asdict(interval)
