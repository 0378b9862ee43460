"""Everything that is said about the agreement of a round, as one JSON-ready dict."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from annotation.agreement.breakdowns import by_pair, by_rater, by_source, directions, edge_cases
from annotation.agreement.confidence import confidence_figures
from annotation.agreement.discussion import contested, disputed_items
from annotation.agreement.estimates import estimated
from annotation.agreement.forecast import outlook
from annotation.agreement.intervals import Interval
from annotation.agreement.kappa import category_shares
from annotation.agreement.labelset import LabelSet
from annotation.agreement.replicates import Coefficient
from annotation.agreement.report import GATE, figures
from annotation.agreement.severity import severity_figures

BESIDE: tuple[Coefficient, ...] = ("ac1", "krippendorff_nominal", "percent_agreement", "cohen_mean")
SKEWED = 0.5  # one class holds more than this share of the labels
LIVE_REPLICATES = 300
KEPT_REPLICATES = 1000


def round_report(
    labels: LabelSet, *, planned: int, gate: float = GATE, replicates: int = KEPT_REPLICATES, seed: int = 0
) -> dict[str, Any]:
    """All figures of a round: those of `figures` on top, then forecast, severity, confidence, breakdowns, discussion.

    `planned` is how many samples will have two labels or more when the round is done; the outlook is for that many.
    """
    ratings = labels.type_ratings
    found = figures(ratings, gate=gate, replicates=replicates, seed=seed)
    disputed = disputed_items(labels)
    options = {"replicates": replicates, "seed": seed}
    return {
        **found,
        "replicates": replicates,
        "planned": planned,
        "outlook": _outlook(found, planned),
        "skew": _skew(labels),
        "beside": {name: estimated(ratings, name, **options) for name in BESIDE},
        "severity": severity_figures(labels, **options),
        "confidence": confidence_figures(labels, **options),
        "edge_cases": edge_cases(labels, **options),
        "by_rater": by_rater(labels, **options),
        "by_pair": by_pair(labels, **options),
        "by_source": by_source(labels, **options),
        "directions": directions(labels),
        "disputed": disputed,
        "contested": contested(disputed),
    }


def _outlook(found: dict[str, Any], planned: int) -> dict[str, Any] | None:
    if found["kappa"] is None or found["interval"] is None:
        return None
    interval = Interval(**found["interval"])
    return asdict(outlook(found["kappa"], interval, found["gate"], found["paired_items"], planned))


def _skew(labels: LabelSet) -> dict[str, Any] | None:
    """The most frequent type and its share of the labels; kappa is hard on skewed labels."""
    ratings = labels.type_ratings
    if not ratings.items:
        return None
    shares = category_shares(ratings.counts)
    largest = int(np.argmax(shares))
    return {
        "type": ratings.categories[largest],
        "share": float(shares[largest]),
        "skewed": bool(shares[largest] > SKEWED),
    }
