"""Agreement on severity (1-5, ordinal), where two raters both saw a crisis."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from annotation.agreement.estimates import ENOUGH_ITEMS, estimated, ratio
from annotation.agreement.icc import icc_complete, icc_with_gaps
from annotation.agreement.labelset import LabelSet
from annotation.agreement.ratings import Ratings
from annotation.agreement.replicates import Coefficient

FIGURES: tuple[Coefficient, ...] = ("krippendorff_ordinal", "cohen_linear", "cohen_quadratic")


def severity_figures(labels: LabelSet, *, replicates: int, seed: int) -> dict[str, Any]:
    """Krippendorff's ordinal alpha, weighted kappas, ICCs, and how far apart two raters of a sample are.

    `icc` allows missing cells; `icc_complete` rests on the samples that every rater of the round rated, and is {}
    where there are too few.
    """
    ratings = labels.severity_ratings
    paired = labels.severities[np.isfinite(labels.severities).sum(axis=1) >= 2]
    enough = len(paired) >= ENOUGH_ITEMS
    complete = icc_complete(paired)
    if not enough or any(entry.items < ENOUGH_ITEMS for entry in complete.values()):
        complete = {}
    gaps = icc_with_gaps(paired, replicates=replicates, seed=seed) if enough else {}
    return {
        "items": ratings.paired_items,
        "enough": enough,
        **{name: estimated(ratings, name, replicates=replicates, seed=seed) for name in FIGURES},
        "icc": {name: asdict(entry) for name, entry in gaps.items()},
        "icc_complete": {name: asdict(entry) for name, entry in complete.items()},
        "apart": _apart(ratings, replicates, seed),
    }


def _apart(ratings: Ratings, replicates: int, seed: int) -> dict[str, Any]:
    """Of all pairs of labels of one sample: the shares that are equal, one step apart, and two or more."""
    alike, times = ratings.patterns(keep_raters=False)
    counts, size = alike.counts, len(ratings.categories)
    pairs = (counts[:, :, None] * counts[:, None, :] - np.eye(size) * counts[:, :, None]) / 2
    steps = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    total = pairs.sum(axis=(1, 2))
    return {
        name: ratio(np.column_stack([total, (pairs * mask).sum(axis=(1, 2))]), times, replicates=replicates, seed=seed)
        for name, mask in (("equal", steps == 0), ("one_step", steps == 1), ("more", steps >= 2))
    }
