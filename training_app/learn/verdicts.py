"""Targets of an evaluation and the three verdicts: pass, fail, or not enough data to say.

A verdict is taken on the one-sided 95% bound, never on the point estimate: a true rate of 0.93 shows 0.95 or more
on 50 conversations in a third of all draws (design/training.md, statistics).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from .intervals import Interval

PASS: Final = "pass"  # noqa: S105 - a verdict, no password
FAIL: Final = "fail"
INSUFFICIENT: Final = "insufficient_data"


@dataclass(frozen=True)
class Target:
    """What a metric must clear. `min_n` guards bootstraps, whose interval collapses on a few flawless rows."""

    value: float
    higher_is_better: bool = True
    min_n: int = 1
    min_n_to_fail: int = 1


TARGETS: Final[dict[str, Target]] = {
    "sensitivity": Target(0.95),
    "specificity": Target(0.95),
    "false_positive_rate": Target(0.05, higher_is_better=False),
    "macro_f1": Target(0.94, min_n=30, min_n_to_fail=5),
    "type_f1": Target(0.90, min_n=75, min_n_to_fail=10),
}


def judged(name: str, *, value: float, interval: Interval, n: int, method: str) -> dict[str, Any]:
    """Return a metric with its interval, bound, target and verdict as JSON types; no target means no verdict."""
    metric: dict[str, Any] = {
        "value": _rounded(value),
        "low": _rounded(interval.low),
        "high": _rounded(interval.high),
        "n": n,
        "method": method,
        "target": None,
        "bound": None,
        "verdict": None,
    }
    target = TARGETS.get(name)
    if target is None:
        return metric
    bound = interval.lower_bound if target.higher_is_better else interval.upper_bound
    return metric | {
        "target": target.value,
        "bound": _rounded(bound),
        "verdict": verdict(target, interval, n),
        "higher_is_better": target.higher_is_better,
    }


def verdict(target: Target, interval: Interval, n: int) -> str:
    """Return PASS when the bound clears the target, FAIL when the other bound cannot reach it, else INSUFFICIENT."""
    if target.higher_is_better:
        clears, misses = interval.lower_bound > target.value, interval.upper_bound < target.value
    else:
        clears, misses = interval.upper_bound < target.value, interval.lower_bound > target.value
    if clears and n >= target.min_n:
        return PASS
    if misses and n >= target.min_n_to_fail:
        return FAIL
    return INSUFFICIENT


def _rounded(value: float) -> float:
    return round(float(value), 6)
