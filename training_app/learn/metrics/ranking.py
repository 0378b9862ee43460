"""How well the score orders conversations, whatever the threshold: areas, curves, and DeLong's variance."""

from __future__ import annotations

from typing import Final

import numpy as np
import scipy  # its parts come when they are first used: scipy.stats takes most of a second
from numpy.typing import NDArray

from training_app.learn.intervals import LEVEL, Interval, clopper_pearson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
CURVE_POINTS: Final = 101


def auc(scores: Floats, crisis: Bools) -> float:
    """Return the area under the ROC curve as the Mann-Whitney statistic, ties counted half; NaN with one class only."""
    positives = int(crisis.sum())
    negatives = len(crisis) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = scipy.stats.rankdata(scores)
    return float((ranks[crisis].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def auc_interval(scores: Floats, crisis: Bools, level: float = LEVEL) -> Interval:
    """Return DeLong's interval of the AUC (DeLong, DeLong and Clarke-Pearson 1988), cut at 0 and 1.

    The variance comes from midranks (Sun and Xu 2014), in n log n. Where the classes do not overlap at all it is
    zero; the interval is then that of as many trials without a failure as the rarer class has conversations.
    Raises ValueError with one class only.
    """
    positives, negatives = int(crisis.sum()), int((~crisis).sum())
    if not positives or not negatives:
        raise ValueError("an AUC needs both classes")
    together = scipy.stats.rankdata(scores)
    above = (together[crisis] - scipy.stats.rankdata(scores[crisis])) / negatives
    below = 1.0 - (together[~crisis] - scipy.stats.rankdata(scores[~crisis])) / positives
    area = float(above.mean())
    variance = _variance(above) / positives + _variance(below) / negatives
    if variance <= 0.0:
        trials = min(positives, negatives)
        return clopper_pearson(trials if area >= 0.5 else 0, trials, level)
    error = float(np.sqrt(variance))
    two_sided, one_sided = float(scipy.stats.norm.ppf(1 - (1 - level) / 2)), float(scipy.stats.norm.ppf(level))
    bounds = [area + sign * z * error for z in (two_sided, one_sided) for sign in (-1, 1)]
    return Interval(*(min(1.0, max(0.0, bound)) for bound in bounds))


def average_precision(scores: Floats, crisis: Bools, weights: Ints | None = None) -> float:
    """Return the area under the precision-recall curve as a step function; NaN without a crisis.

    `weights` counts each row so many times, as a bootstrap does.
    """
    counts = np.ones(len(scores), dtype=np.int64) if weights is None else weights
    order = np.argsort(-scores, kind="stable")
    hits, flagged = _cumulative(scores[order], crisis[order], counts[order])
    if not len(hits) or not hits[-1]:
        return float("nan")
    precision = hits / np.maximum(flagged, 1)
    return float((np.diff(hits, prepend=0) * precision).sum() / hits[-1])


def roc_points(scores: Floats, crisis: Bools) -> list[dict[str, float]]:
    """Return the ROC curve from (0, 0) to (1, 1), thinned to CURVE_POINTS points of the exact curve."""
    order = np.argsort(-scores, kind="stable")
    hits, flagged = _cumulative(scores[order], crisis[order], np.ones(len(scores), dtype=np.int64))
    sensitivity = np.concatenate([[0.0], hits / hits[-1]])
    false_positives = np.concatenate([[0.0], (flagged - hits) / (flagged[-1] - hits[-1])])
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(sensitivity)) + np.abs(np.diff(false_positives)))])
    return _points(along, false_positive_rate=false_positives, sensitivity=sensitivity)


def precision_recall_points(scores: Floats, crisis: Bools) -> list[dict[str, float]]:
    """Return the precision-recall curve, thinned to CURVE_POINTS points of the exact curve; recall grows."""
    order = np.argsort(-scores, kind="stable")
    hits, flagged = _cumulative(scores[order], crisis[order], np.ones(len(scores), dtype=np.int64))
    kept = hits > 0
    recall, precision = hits[kept] / hits[-1], hits[kept] / flagged[kept]
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(recall)) + np.abs(np.diff(precision)))])
    return _points(along, recall=recall, precision=precision)


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def _cumulative(scores: Floats, crisis: Bools, counts: Ints) -> tuple[Ints, Ints]:
    """Return crises and rows at or above each distinct score, the highest first."""
    last = np.append(scores[1:] != scores[:-1], True) if len(scores) else np.zeros(0, dtype=bool)
    return np.cumsum(counts * crisis)[last], np.cumsum(counts)[last]


def _points(along: Floats, **axes: Floats) -> list[dict[str, float]]:
    """Return the points that lie evenly along the curve, first and last among them."""
    wanted = np.unique(np.searchsorted(along, np.linspace(0.0, along[-1], CURVE_POINTS)).clip(max=len(along) - 1))
    wanted = np.unique(np.append(wanted, len(along) - 1))
    return [{name: round(float(values[index]), 6) for name, values in axes.items()} for index in wanted]
