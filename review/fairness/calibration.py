"""Whether a score means the same for every group: observed against predicted crises, and the calibration error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Final

import numpy as np
import scipy  # its parts come when they are first used: scipy.stats takes most of a second
from numpy.typing import NDArray

from review.fairness.groups import GroupedDecision
from review.fairness.shares import LEVEL, Apart, magnitude, square_and_add, stricter
from training_app.learn.calibration import ECE_BINS, expected_calibration_error

RESAMPLES: Final = 500
# Indices held at a time: 16 MB, however large a group is.
_DRAWN_AT_ONCE: Final = 2_000_000


@dataclass(frozen=True)
class Calibration:
    """Observed minus predicted share of crises of a group: above 0 the scores are too low for it.

    `spread` is the standard deviation of the residuals with one residual of +1 and one of -1 added, so that a group
    in which the scores happen to be right has no interval of zero width (as wide as the rule of three allows).
    """

    observed: float
    predicted: float
    n: int
    spread: float

    @property
    def difference(self) -> float:
        return self.observed - self.predicted

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Student's interval of the mean residual."""
        half = float(scipy.stats.t.ppf(1 - (1 - level) / 2, self.n + 1)) * self.spread / sqrt(self.n)
        return self.difference - half, self.difference + half


def calibration_of(decisions: Sequence[GroupedDecision]) -> Calibration:
    """Of at least one decision."""
    crisis, scores = _arrays(decisions)
    residuals = np.append(crisis - scores, [1.0, -1.0])
    return Calibration(
        observed=float(crisis.mean()),
        predicted=float(scores.mean()),
        n=len(decisions),
        spread=float(residuals.std(ddof=1)),
    )


def widest_miscalibration(groups: Mapping[str, Calibration]) -> Apart | None:
    """How differently the scores are off for two groups at the most; None for fewer than two groups."""
    names = sorted(groups)
    pairs = len(names) * (len(names) - 1) // 2
    if not pairs:
        return None
    level = stricter(pairs)
    around = {name: groups[name].interval(level) for name in names}
    spans = [
        magnitude(square_and_add(groups[one].difference, around[one], groups[two].difference, around[two]))
        for one, two in combinations(names, 2)
    ]
    lower = min(names, key=lambda name: (groups[name].difference, name))
    upper = max(names, key=lambda name: (groups[name].difference, name))
    value = groups[upper].difference - groups[lower].difference
    return Apart(value, max(low for low, _ in spans), max(high for _, high in spans), lower, upper, pairs)


def calibration_error(decisions: Sequence[GroupedDecision], *, seed: int) -> tuple[float, float, float]:
    """Expected calibration error in ten bins with a bootstrap interval by conversation.

    It is never negative and rises by chance alone in small groups: for looking at one group, not for comparing groups
    of different sizes.
    """
    crisis, scores = _arrays(decisions)
    bins = np.minimum((scores * ECE_BINS).astype(np.int64), ECE_BINS - 1)
    generator, count = np.random.default_rng(seed), len(scores)
    rows = max(1, _DRAWN_AT_ONCE // count)
    values: list[float] = []
    while len(values) < RESAMPLES:
        drawn = generator.integers(0, count, (min(rows, RESAMPLES - len(values)), count))
        values += _errors(scores - crisis, bins, drawn)
    low, high = np.quantile(values, [(1 - LEVEL) / 2, 1 - (1 - LEVEL) / 2])
    return expected_calibration_error(scores, crisis.astype(bool)), float(low), float(high)


def _errors(residuals: NDArray[np.float64], bins: NDArray[np.int64], drawn: NDArray[np.int64]) -> list[float]:
    """The calibration error of each resample, a row of indices."""
    cells = bins[drawn] + ECE_BINS * np.arange(len(drawn))[:, None]
    sums = np.bincount(cells.ravel(), weights=residuals[drawn].ravel(), minlength=ECE_BINS * len(drawn))
    found: list[float] = (np.abs(sums.reshape(-1, ECE_BINS)).sum(axis=1) / drawn.shape[1]).tolist()
    return found


def _arrays(decisions: Sequence[GroupedDecision]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    crisis = np.array([decision.crisis for decision in decisions], dtype=np.float64)
    scores = np.array([decision.score for decision in decisions], dtype=np.float64)
    return crisis, scores
