"""How often the intervals and verdicts are right, by simulation: `python -m annotation.agreement coverage`.

A coverage of 95% is what an interval of 95% promises. What the gate promises is one-sided: a round whose true kappa
lies at the gate should pass in at most 2.5% of cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from annotation.agreement.intervals import bootstrap
from annotation.agreement.ratings import Ratings
from annotation.agreement.replicates import REPLICATES, Coefficient
from annotation.agreement.simulation import simulated_round, skill_for


@dataclass(frozen=True)
class Coverage:
    """Shares of simulated rounds: the interval holds the true kappa, lies above it, lies below it."""

    kappa: float
    items: int
    raters: int
    rounds: int
    covered: float
    too_high: float
    too_low: float
    mean_width: float


def coverage(kappa: float, items: int, raters: int, *, rounds: int, replicates: int, seed: int) -> Coverage:
    """Intervals of Cohen's kappa (two raters) or Fleiss' (more) on rounds of raters with this true kappa."""
    generator = np.random.default_rng(seed)
    skill = skill_for(kappa)
    found = [
        bootstrap(
            simulated_round(generator, items, raters, skill), _headline(raters), replicates=replicates, seed=number
        )
        for number in range(rounds)
    ]
    intervals = [interval for interval in found if interval is not None]
    lows, highs = (np.array([getattr(interval, end) for interval in intervals]) for end in ("low", "high"))
    return Coverage(
        kappa=kappa,
        items=items,
        raters=raters,
        rounds=len(intervals),
        covered=float(((lows <= kappa) & (kappa <= highs)).mean()),
        too_high=float((lows > kappa).mean()),
        too_low=float((highs < kappa).mean()),
        mean_width=float((highs - lows).mean()),
    )


def estimates(
    kappa: float, items: int, raters: int, *, rounds: int, seed: int
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Kappa as measured in that many simulated rounds: how much chance there is in one round's figure."""
    generator = np.random.default_rng(seed)
    skill = skill_for(kappa)
    return np.array([value_of(simulated_round(generator, items, raters, skill)) for _ in range(rounds)])


def value_of(ratings: Ratings) -> float:
    """The headline kappa of a round."""
    replicate, keeps_raters = REPLICATES[_headline(len(ratings.raters))]
    alike, times = ratings.patterns(keep_raters=keeps_raters)
    return float(replicate(alike, times[None, :].astype(np.float64))[0])


def _headline(raters: int) -> Coefficient:
    return "cohen_mean" if raters == 2 else "fleiss"
