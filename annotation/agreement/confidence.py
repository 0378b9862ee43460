"""Confidence: do raters feel sure about the same samples, and are they right when they do?"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import scipy

from annotation.agreement.estimates import ENOUGH_ITEMS, Estimate, made, nothing, ratio
from annotation.agreement.intervals import resampled
from annotation.agreement.labelset import LabelSet
from annotation.agreement.ratings import MISSING
from annotation.agreement.replicates import Floats, mean_over_pairs

# The instrument's keys say 0.4, 0.7 and 0.95, and arrows move from there; the bands lie between the keys.
BANDS = (("low", 0.0, 0.55), ("medium", 0.55, 0.825), ("high", 0.825, 1.01))
ENOUGH_SHARED = 10  # samples of a pair, below which a rank correlation is noise


def confidence_figures(labels: LabelSet, *, replicates: int, seed: int) -> dict[str, Any]:
    """Rank correlation of two raters' confidence, and how often a label agrees with the others, by confidence."""
    return {
        "spearman": _spearman(labels.confidences, replicates, seed),
        "calibration": _calibration(labels, replicates, seed),
    }


def _spearman(confidences: Floats, replicates: int, seed: int) -> Estimate:
    """Spearman's rho, mean over pairs weighted by the samples they share; ranks stay fixed while items are drawn."""
    parts = []
    for a, b in combinations(range(confidences.shape[1]), 2):
        both = np.isfinite(confidences[:, a]) & np.isfinite(confidences[:, b])
        if both.sum() < ENOUGH_SHARED:
            continue
        x, y = (_standard(scipy.stats.rankdata(confidences[both, column])) for column in (a, b))
        sums = np.zeros((len(confidences), 6))
        sums[both] = np.column_stack([np.ones(len(x)), x, y, x * x, y * y, x * y])
        parts.append(sums)
    items = int((np.isfinite(confidences).sum(axis=1) >= 2).sum())
    if not parts or items < ENOUGH_ITEMS:
        return nothing(items)
    features = np.concatenate(parts, axis=1)

    def correlation(draws: Floats) -> Floats:
        n, x, y, xx, yy, xy = (draws @ features).reshape(len(draws), -1, 6).transpose(2, 0, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.sqrt((n * xx - x**2) * (n * yy - y**2))
            return mean_over_pairs(np.where(spread > 1e-9, (n * xy - x * y) / spread, np.nan), n)

    once = np.ones(len(confidences), dtype=np.int64)
    return made(*resampled(correlation, once, replicates=replicates, seed=seed), items)


def _standard(ranks: Floats) -> Floats:
    """Centred and scaled, so that sums of products keep their digits."""
    spread = ranks.std()
    return (ranks - ranks.mean()) / (spread or 1.0)


def _calibration(labels: LabelSet, replicates: int, seed: int) -> list[dict[str, Any]]:
    """Per band: labels given with such confidence, and the mean share of the sample's other labels that agree."""
    counts = labels.type_ratings.counts
    totals = counts.sum(axis=1)
    there = labels.types != MISSING
    same = np.take_along_axis(counts, np.where(there, labels.types, 0), axis=1) - 1
    others = np.maximum(totals - 1, 1)[:, None]
    usable = there & (totals >= 2)[:, None]
    rows = []
    for name, low, high in BANDS:
        inside = usable & (labels.confidences >= low) & (labels.confidences < high)
        sums = np.column_stack([inside.sum(axis=1), np.where(inside, same / others, 0.0).sum(axis=1)])
        agreeing = ratio(sums.astype(np.float64), replicates=replicates, seed=seed)
        rows.append({"band": name, "from": low, "agreeing": agreeing})
    return rows
