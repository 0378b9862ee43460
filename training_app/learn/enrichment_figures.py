"""How well emotion, valence and relatedness are told on held-out data, each with a 95% interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import scipy
from numpy.typing import NDArray

from datasets_app.corpus.taxonomy import EMOTIONS

from .intervals import bootstrap, percentiles
from .metrics.ranking import auc, auc_interval

_DIGITS: Final = 4
_RESAMPLES: Final = 500
# Of Spearman's coefficient by Fisher's transformation (Fieller and others 1957).
_SPREAD: Final = 1.06
_Z: Final = 1.96

Floats = NDArray[np.float64]


def emotion_figures(told: Sequence[str], true: Sequence[str]) -> dict[str, Any]:
    """Return accuracy and macro F1 of the ten classes, and F1 by class, with bootstrap intervals."""
    indices = {name: place for place, name in enumerate(EMOTIONS)}
    guesses = np.array([indices[name] for name in told])
    truths = np.array([indices[name] for name in true])

    def statistics(drawn: NDArray[np.int64]) -> Mapping[str, float]:
        table = np.zeros((len(EMOTIONS), len(EMOTIONS)))
        np.add.at(table, (truths, guesses), drawn)
        right = np.diag(table)
        f1 = 2 * right / np.maximum(table.sum(0) + table.sum(1), 1e-9)
        by_class = {f"f1.{name}": float(value) for name, value in zip(EMOTIONS, f1, strict=True)}
        return {"accuracy": float(right.sum() / table.sum()), "macro_f1": float(f1.mean()), **by_class}

    intervals = bootstrap(statistics, truths, seed=0, resamples=_RESAMPLES)
    found = statistics(np.ones(len(truths), dtype=np.int64))
    return {"n": len(truths)} | {
        name: figure(value, intervals[name].low, intervals[name].high) for name, value in found.items()
    }


def macro_f1(told: Sequence[str], true: Sequence[str]) -> float:
    """Return the mean F1 of the ten classes."""
    right = np.array([sum(a == b == name for a, b in zip(told, true, strict=True)) for name in EMOTIONS])
    either = np.array([sum((a == name) + (b == name) for a, b in zip(told, true, strict=True)) for name in EMOTIONS])
    return float((2 * right / np.maximum(either, 1)).mean())


def valence_figures(valence: Floats, positive: NDArray[np.bool_]) -> dict[str, Any]:
    """Return how well valence tells positive from negative emotions: the AUC with DeLong's interval."""
    between = auc_interval(valence, positive)
    return {"n": len(valence), "auc": figure(auc(valence, positive), between.low, between.high)}


def severity_figures(valence: Floats, severity: Floats) -> dict[str, Any]:
    """Return Spearman's coefficient of low valence with the severity of stress that people gave."""
    found = float(scipy.stats.spearmanr(-valence, severity).statistic)
    half = _Z * _SPREAD / np.sqrt(len(valence) - 3)
    low, high = np.tanh(np.arctanh(found) + np.array([-half, half]))
    return {"n": len(valence), "spearman": figure(found, float(low), float(high))}


def related_figures(scores: Floats, belongs: NDArray[np.bool_], groups: Sequence[str]) -> dict[str, Any]:
    """Return the AUC of telling the given replies from others; resampled by question: its answers are kin."""
    names, places = np.unique(np.array(groups), return_inverse=True)
    generator = np.random.default_rng(0)
    areas = []
    for _ in range(_RESAMPLES):
        drawn = np.bincount(generator.integers(0, len(names), len(names)), minlength=len(names))
        rows = np.repeat(np.arange(len(scores)), drawn[places])
        areas.append(auc(scores[rows], belongs[rows]))
    between = percentiles(np.array(areas))
    return {
        "n": len(scores),
        "groups": len(names),
        "auc": figure(auc(scores, belongs), between.low, between.high),
    }


def rating_figures(scores: Floats, ratings: Floats) -> dict[str, Any]:
    """Return how a head's scores go with people's ratings: Spearman, and the mean absolute error."""
    error = np.abs(scores - ratings)
    half = _Z * float(error.std(ddof=1)) / np.sqrt(len(error))
    mean = float(error.mean())
    found = severity_figures(-scores, ratings)
    return found | {"mean_absolute_error": figure(mean, mean - half, mean + half)}


def figure(value: float, low: float, high: float) -> dict[str, float | None]:
    """Return a figure with its interval, rounded; None for one that the data do not define (one class only)."""
    found = {"value": value, "low": low, "high": high}
    return {name: None if np.isnan(number) else round(float(number), _DIGITS) for name, number in found.items()}
