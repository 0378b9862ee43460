"""All agreement figures of a rating table as one JSON-ready dict."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from annotation.agreement.alpha import LEVELS, krippendorff_alpha
from annotation.agreement.estimates import ENOUGH_ITEMS, ENOUGH_OF_TYPE, as_dict
from annotation.agreement.forecast import sizes
from annotation.agreement.intervals import bootstrap, verdict
from annotation.agreement.kappa import (
    Weights,
    cohen_from_table,
    cohen_mean,
    cohen_pairs,
    fleiss_kappa,
    gwet_ac1,
    percent_agreement,
)
from annotation.agreement.ratings import Ratings
from annotation.agreement.replicates import Coefficient

GATE = 0.85
WEIGHTS: dict[str, Weights] = {"cohen": None, "cohen_linear": "linear", "cohen_quadratic": "quadratic"}


def figures(ratings: Ratings, *, gate: float = GATE, replicates: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Every coefficient, the 95% interval of kappa, the verdict against the gate, per category, confusion.

    `kappa` is the headline: Cohen's for two raters, Fleiss' for more. Undefined coefficients are None.
    """
    measured = _coefficients(ratings)
    headline: Coefficient = "cohen_mean" if len(ratings.raters) == 2 and ratings.named else "fleiss"
    kappa = measured["cohen" if headline == "cohen_mean" else "fleiss"]
    interval = bootstrap(ratings, headline, replicates=replicates, seed=seed)
    return {
        "items": len(ratings.items),
        "paired_items": ratings.paired_items,
        "raters": list(ratings.raters),
        "ratings": int(ratings.counts.sum()),
        "categories": list(ratings.categories),
        **measured,
        "kappa": kappa,
        "kappa_of": "Cohen" if headline == "cohen_mean" else "Fleiss",
        "interval": as_dict(interval),
        "gate": gate,
        "verdict": verdict(interval, gate),
        "sizes": asdict(sizes(kappa, interval, gate, ratings.paired_items)) if interval and kappa is not None else None,
        "pairs": cohen_pairs(ratings) if ratings.named else [],
        "per_category": [_one_category(ratings, name, replicates, seed) for name in ratings.categories],
        "confusion": confusion(ratings).tolist(),
    }


def table_figures(categories: list[str], table: np.ndarray) -> dict[str, Any]:
    """Figures of a contingency table: two raters, each count an item."""
    rows, columns = np.nonzero(table)
    times = table[rows, columns]
    codes = np.column_stack([np.repeat(rows, times), np.repeat(columns, times)])
    ratings = Ratings(tuple(str(n) for n in range(len(codes))), ("rows", "columns"), tuple(categories), codes)
    report = figures(ratings)
    report.update({name: cohen_from_table(table, weights) for name, weights in WEIGHTS.items()})
    return report


def confusion(ratings: Ratings) -> np.ndarray:
    """categories x categories: how often two raters of an item gave this pair; symmetric, agreement counted twice."""
    counts = ratings.counts
    return counts.T @ counts - np.diag(counts.sum(axis=0))


def _coefficients(ratings: Ratings) -> dict[str, float | None]:
    found: dict[str, float | None] = {
        "percent_agreement": percent_agreement(ratings),
        "fleiss": fleiss_kappa(ratings),
        "ac1": gwet_ac1(ratings),
    }
    weightings = {name: weights for name, weights in WEIGHTS.items() if weights is None or ratings.numeric}
    if ratings.named:
        found.update({name: cohen_mean(cohen_pairs(ratings, weights)) for name, weights in weightings.items()})
    levels = LEVELS if ratings.numeric else ("nominal",)
    found.update({f"krippendorff_{level}": krippendorff_alpha(ratings, level) for level in levels})
    if _is_signed(ratings):
        found["krippendorff_binary_below_0"] = krippendorff_alpha(ratings.below(0), "nominal")
    return found


def _is_signed(ratings: Ratings) -> bool:
    """A scale with both signs (such as ConvAbuse's -3 to 1) asks first whether a rating is on its bad side at all."""
    if not ratings.numeric:
        return False
    values = [float(name) for name in ratings.categories]
    return min(values) < 0 <= max(values)


def _one_category(ratings: Ratings, name: str, replicates: int, seed: int) -> dict[str, Any]:
    """Fleiss' kappa of one category against the rest, and whether it rests on enough items to be read."""
    binary = ratings.one_against_rest(name)
    seen = int(((binary.counts[:, 1] > 0) & (binary.counts.sum(axis=1) >= 2)).sum())
    return {
        "category": name,
        "ratings": int(binary.counts[:, 1].sum()),
        "items": seen,
        "enough": seen >= ENOUGH_OF_TYPE and ratings.paired_items >= ENOUGH_ITEMS,
        "kappa": fleiss_kappa(binary),
        "interval": as_dict(bootstrap(binary, "fleiss", replicates=replicates, seed=seed)),
    }
