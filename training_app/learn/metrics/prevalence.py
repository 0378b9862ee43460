"""What a rate means where crises are rare: alerts, how many of them are true, and how many positives a proof needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import scipy  # its parts come when they are first used: scipy.stats takes most of a second

from training_app.learn.intervals import clopper_pearson

# Shares of conversations with a crisis that the card shows; a page lets its reader choose another.
PREVALENCES: Final = (0.001, 0.01, 0.05, 0.10)
LONGEST_SEARCH: Final = 20_000


def ppv(sensitivity: float, false_positive_rate: float, *, prevalence: float) -> float | None:
    """Return the share of true crises among alerts at a prevalence, or None when nothing is ever flagged."""
    alerts = sensitivity * prevalence + false_positive_rate * (1 - prevalence)
    return sensitivity * prevalence / alerts if alerts else None


def at_prevalence(sensitivity: Any, false_positive_rate: Any, prevalence: float) -> dict[str, Any]:
    """Return PPV with an interval, alerts, true alerts and missed crises per 1,000 conversations.

    Both rates are metrics with `value`, `low` and `high`. The interval takes the worst and the best corner of the two
    (low sensitivity with high false positives and the other way round), so it is wider than 95%.
    """
    found, false = sensitivity["value"], false_positive_rate["value"]
    return {
        "prevalence": prevalence,
        "ppv": _rounded(ppv(found, false, prevalence=prevalence)),
        "ppv_low": _rounded(ppv(sensitivity["low"], false_positive_rate["high"], prevalence=prevalence)),
        "ppv_high": _rounded(ppv(sensitivity["high"], false_positive_rate["low"], prevalence=prevalence)),
        "alerts_per_1000": round(1000 * (found * prevalence + false * (1 - prevalence)), 3),
        "true_alerts_per_1000": round(1000 * found * prevalence, 3),
        "missed_per_1000": round(1000 * (1 - found) * prevalence, 3),
    }


def at_prevalences(
    sensitivity: Any, false_positive_rate: Any, prevalences: Sequence[float] = PREVALENCES
) -> list[dict[str, Any]]:
    """Return `at_prevalence` for each prevalence."""
    return [at_prevalence(sensitivity, false_positive_rate, prevalence) for prevalence in prevalences]


def cases_needed(failures: int, *, target: float) -> int:
    """Return the fewest cases of which `failures` may go wrong so that the one-sided 95% bound is above the target.

    For a sensitivity the cases are positives and the failures misses (design/training.md). The search ends at
    LONGEST_SEARCH cases, which is then the answer.
    """
    low, high = failures + 1, LONGEST_SEARCH
    while low < high:
        middle = (low + high) // 2
        if clopper_pearson(middle - failures, middle).lower_bound > target:
            high = middle
        else:
            low = middle + 1
    return low


def chance_to_pass(cases: int, *, true_rate: float, target: float) -> float:
    """Return the chance that so many cases of a true rate put the one-sided 95% bound above the target."""
    failures = -1
    while failures + 1 < cases and clopper_pearson(cases - failures - 1, cases).lower_bound > target:
        failures += 1
    return float(scipy.stats.binom.cdf(failures, cases, 1.0 - true_rate)) if failures >= 0 else 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
