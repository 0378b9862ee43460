"""Sensitivity and specificity of parts of a set, each with its size and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training_app.learn.cases import Case
from training_app.learn.intervals import clopper_pearson

Bools = NDArray[np.bool_]
# In the order in which they are read; a kind that no case has is left out.
SLICE_KINDS: Final = (
    "source",
    "label",
    "edge_case",
    "edge_case_kind",
    "age",
    "gender",
    "turns",
    "words",
    "language",
    "simulated",
)
MOST_VALUES: Final = 40


def slices_of(cases: Sequence[Case], flagged: Bools) -> list[dict[str, Any]]:
    """Return one row per slice: kind, value, n, and sensitivity and specificity (None where it has no such case)."""
    groups: dict[tuple[str, str], list[int]] = {}
    for index, case in enumerate(cases):
        for kind, value in case.slices.items():
            groups.setdefault((kind, value), []).append(index)
    crisis = np.array([case.crisis for case in cases], dtype=bool)
    rows = []
    for kind in SLICE_KINDS:
        values = sorted(value for found, value in groups if found == kind)
        # The largest, where a label field holds something else than labels.
        largest = sorted(values, key=lambda value: -len(groups[kind, value]))[:MOST_VALUES]
        for value in (value for value in values if value in largest):
            rows.append(_row(kind, value, np.array(groups[kind, value]), crisis, flagged))
    return rows


def _row(kind: str, value: str, members: NDArray[np.int64], crisis: Bools, flagged: Bools) -> dict[str, Any]:
    positives, alarms = crisis[members], flagged[members]
    return {
        "slice": kind,
        "value": value,
        "n": len(members),
        "sensitivity": _rate(int((positives & alarms).sum()), int(positives.sum())),
        "specificity": _rate(int((~positives & ~alarms).sum()), int((~positives).sum())),
    }


def _rate(hits: int, n: int) -> dict[str, Any] | None:
    if not n:
        return None
    interval = clopper_pearson(hits, n)
    return {"value": round(hits / n, 6), "low": round(interval.low, 6), "high": round(interval.high, 6), "n": n}
