"""Figures of the decided severity, over the conversations whose severity is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets_app.corpus.taxonomy import SEVERITIES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def mean_absolute_error(truth: Ints, predicted: Ints, weights: Ints | None = None) -> float:
    """Return the mean distance in levels; NaN without a row."""
    if not len(truth):
        return float("nan")
    return float(np.average(np.abs(truth - predicted), weights=weights))


def quadratic_kappa(truth: Ints, predicted: Ints, weights: Ints | None = None) -> float:
    """Return Cohen's kappa with quadratic weights (Cohen 1968) over levels 1-5; NaN when only one level occurs."""
    levels = len(SEVERITIES)
    pairs = (truth - SEVERITIES[0]) * levels + predicted - SEVERITIES[0]
    observed = np.bincount(pairs, weights=weights, minlength=levels * levels).reshape(levels, levels)
    total = observed.sum()
    if not total:
        return float("nan")
    distance = np.square(np.subtract.outer(np.arange(levels), np.arange(levels)))
    expected = np.outer(observed.sum(1), observed.sum(0)) / total
    disagreement = float((distance * expected).sum())
    return 1.0 - float((distance * observed).sum()) / disagreement if disagreement else float("nan")
