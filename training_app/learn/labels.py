"""Labels of the optional heads: where a release line carries them and how they are held in columns.

A line may carry `{"labels": {"empathy": 0.7, "emotion": "fear"}}` in its input or in its input's metadata; what has no
label is masked in the loss. Crisis type and severity are no optional heads: they are fields of the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from datasets_app.corpus.taxonomy import EMOTIONS, PERSONAS

# Scores from 0 to 1; `empathy_shown` is the EQ score named empathy, `empathy` the regression target of the answer.
SCORE_HEADS: Final = (
    "emotional_awareness",
    "empathy_shown",
    "emotional_regulation",
    "social_cognition",
    "clinical_accuracy",
    "empathy",
)
CLASS_HEADS: Final[dict[str, tuple[str, ...]]] = {"persona": PERSONAS, "emotion": EMOTIONS}
OPTIONAL_HEADS: Final = (*SCORE_HEADS, *CLASS_HEADS)
# In a column of classes; in a column of scores a missing label is NaN.
NO_CLASS: Final = -1


def optional_labels(origin: Mapping[str, Any]) -> tuple[dict[str, float], int]:
    """Return the labels that a line's origin carries, and how many stand there but cannot be read.

    A score is 0..1, a class its index. What cannot be read (another type, outside 0..1, an unknown class) is no label:
    a release is immutable, so one odd field of a raw file must not keep it from being trained on.
    """
    given = origin.get("input")
    if not isinstance(given, dict):
        return {}, 0
    nested = given.get("metadata")
    found: dict[str, float] = {}
    unreadable = 0
    for place in (nested if isinstance(nested, dict) else {}, given):
        labels = place.get("labels")
        if not isinstance(labels, dict):
            continue
        for head in OPTIONAL_HEADS:
            if head not in labels or labels[head] is None:
                continue
            value = _label(head, labels[head])
            if value is None:
                unreadable += 1
            else:
                found[head] = value
    return found, unreadable


def empty_column(head: str, rows: int) -> NDArray[Any]:
    """Return a column without a label: float32 NaN for a score, int16 NO_CLASS for a class."""
    if head in CLASS_HEADS:
        return np.full(rows, NO_CLASS, dtype=np.int16)
    return np.full(rows, np.nan, dtype=np.float32)


def labelled(head: str, column: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows of a column have a label."""
    mask: NDArray[np.bool_] = column != NO_CLASS if head in CLASS_HEADS else ~np.isnan(column)
    return mask


def _label(head: str, value: Any) -> float | None:
    if head in CLASS_HEADS:
        classes = CLASS_HEADS[head]
        return float(classes.index(value)) if isinstance(value, str) and value in classes else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0.0 <= value <= 1.0 else None
