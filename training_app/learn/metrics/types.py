"""Figures of the decided crisis type: confusion matrix, precision, recall and F1 per type, macro F1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets_app.corpus.taxonomy import CRISIS_TYPES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def confusion_matrix(truth: Ints, predicted: Ints, weights: Ints | None = None) -> Ints:
    """Return counts int [7, 7]: rows are the true types, columns the decided ones, in the order of CRISIS_TYPES."""
    classes = len(CRISIS_TYPES)
    counts = np.bincount(truth * classes + predicted, weights=weights, minlength=classes * classes)
    return counts.astype(np.int64).reshape(classes, classes)


def precision_by_type(confusion: Ints) -> Floats:
    """Return precision per class from counts [..., C, C] -> [..., C]; NaN where a class is never decided."""
    return _share(np.diagonal(confusion, axis1=-2, axis2=-1), confusion.sum(-2))


def recall_by_type(confusion: Ints) -> Floats:
    """Return recall per class from counts [..., C, C] -> [..., C]; NaN where a class does not occur."""
    return _share(np.diagonal(confusion, axis1=-2, axis2=-1), confusion.sum(-1))


def f1_by_type(confusion: Ints) -> Floats:
    """Return F1 per class from counts [..., C, C] -> [..., C]; NaN where a class neither occurs nor is decided."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    return _share(2 * hits, confusion.sum(-1) + confusion.sum(-2))


def mean_f1(confusion: Ints) -> float:
    """Return the mean F1 over the classes that occur in the truth; a class nobody can find says nothing."""
    return float(np.nanmean(f1_by_type(confusion)[confusion.sum(1) > 0]))


def macro_f1(truth: Ints, predicted: Ints) -> float:
    """Return `mean_f1` of labels and decisions."""
    return mean_f1(confusion_matrix(truth, predicted))


def _share(part: Ints, whole: Ints) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
