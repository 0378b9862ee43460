"""Krippendorff's alpha, from the PyPI package `krippendorff` (Castro 2017; Krippendorff 2011)."""

from __future__ import annotations

from typing import Literal

import krippendorff
import numpy as np

from annotation.agreement.ratings import Ratings

Level = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval", "ratio")


def krippendorff_alpha(ratings: Ratings, level: Level) -> float | None:
    """Alpha in (-inf, 1]; missing cells allowed. None when fewer than two categories or no pairable item.

    The ordinal level is Krippendorff's metric, which is not the same as Gwet's "ordinal weights".
    """
    counts = ratings.counts
    paired = counts[counts.sum(axis=1) >= 2]
    if len(paired) == 0 or (paired.sum(axis=0) > 0).sum() < 2:
        return None
    if level == "ratio" and (not ratings.numeric or (ratings.values < 0).any()):
        return None  # a ratio scale has a true zero: no negative values
    alpha = krippendorff.alpha(value_counts=counts, value_domain=ratings.values, level_of_measurement=level)
    return float(alpha) if np.isfinite(alpha) else None
