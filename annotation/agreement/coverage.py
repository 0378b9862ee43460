"""How often the intervals and verdicts are right, by simulation: `python -m annotation.agreement coverage`.

A coverage of 95% is what an interval of 95% promises. What the gate promises is one-sided: a round whose true kappa
lies at the gate should pass in at most 2.5% of cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from annotation.agreement.intervals import bootstrap
from annotation.agreement.ratings import Ratings
from annotation.agreement.replicates import REPLICATES, Coefficient
from annotation.agreement.report import GATE
from annotation.agreement.simulation import simulated_round, skill_for

KAPPAS = (0.6, 0.85, 0.885)
SIZES = (100, 400)
EXAMPLE = 0.885  # a true kappa just above the gate


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


def check(
    *,
    kappas: Sequence[float] = KAPPAS,
    sizes: Sequence[int] = SIZES,
    rounds: int = 2000,
    replicates: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Coverage for each kappa and size with two and with three raters, and how often a round falls below the gate."""
    return {
        "intervals": [
            asdict(coverage(kappa, items, raters, rounds=rounds, replicates=replicates, seed=seed))
            for kappa in kappas
            for items in sizes
            for raters in (2, 3)
        ],
        "below_the_gate": [
            {"kappa": EXAMPLE, "items": items, "share": below_the_gate(EXAMPLE, items, rounds=rounds, seed=seed)}
            for items in (100, 400, 600)
        ],
    }


def below_the_gate(kappa: float, items: int, *, rounds: int, seed: int, gate: float = GATE) -> float:
    """How often two raters with this true kappa measure less than the gate in a round of this size."""
    return float((estimates(kappa, items, 2, rounds=rounds, seed=seed) < gate).mean())


def as_text(found: dict[str, Any]) -> str:
    """The check as a table for people."""
    lines = ["true kappa  samples  raters  covered  above the truth  below it  mean width"]
    lines += [
        f"{row['kappa']:10.3f}  {row['items']:7}  {row['raters']:6}  {row['covered']:7.1%}  {row['too_high']:15.1%}"
        f"  {row['too_low']:8.1%}  {row['mean_width']:10.3f}"
        for row in found["intervals"]
    ]
    lines += [
        f"true kappa {row['kappa']}, {row['items']} samples, two raters: {row['share']:.1%} of rounds below {GATE}"
        for row in found["below_the_gate"]
    ]
    return "\n".join(lines)


def _headline(raters: int) -> Coefficient:
    return "cohen_mean" if raters == 2 else "fleiss"
