"""How well each head answers validation rows that have its label; beside what would be said without reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from datasets_app.corpus.taxonomy import SEVERITIES

from .labels import CLASS_HEADS, labelled
from .losses import IGNORE_SEVERITY
from .tokens import TokenisedSplit

Floats = NDArray[np.float64]


def head_figures(answers: Mapping[str, Floats], split: TokenisedSplit) -> dict[str, dict[str, float]]:
    """Return by head: n, and the mean absolute error of severity and scores, or the accuracy of classes.

    `answers` are those of MultiHeads.outputs in the order of the split. `constant_mae` and `constant_accuracy` are what
    the best constant answer reaches on the same rows: a head that does no better has learned nothing.
    """
    known = split.severities != IGNORE_SEVERITY
    levels = answers["severity"][known].argmax(axis=1).astype(np.float64)
    figures: dict[str, dict[str, float]] = {}
    if known.any():
        figures["severity"] = _errors(levels, split.severities[known].astype(np.float64)) | {"levels": len(SEVERITIES)}
    for head in answers:
        if head not in split.labels:
            continue
        column: NDArray[Any] = split.labels[head]
        rows = labelled(head, column)
        if not rows.any():
            continue
        if head in CLASS_HEADS:
            figures[head] = _hits(answers[head][rows].argmax(axis=1), column[rows].astype(np.int64))
        else:
            figures[head] = _errors(expit(answers[head][rows]), column[rows].astype(np.float64))
    return figures


def _errors(found: Floats, wanted: Floats) -> dict[str, float]:
    return {
        "n": len(wanted),
        "mae": float(np.abs(found - wanted).mean()),
        "constant_mae": float(np.abs(np.median(wanted) - wanted).mean()),
    }


def _hits(found: NDArray[np.int64], wanted: NDArray[np.int64]) -> dict[str, float]:
    return {
        "n": len(wanted),
        "accuracy": float((found == wanted).mean()),
        "constant_accuracy": float(np.bincount(wanted).max() / len(wanted)),
    }
