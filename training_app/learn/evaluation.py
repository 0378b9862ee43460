"""What a frozen bundle does on held-out conversations: metrics with 95% intervals, and honest verdicts.

The decision is the served one: a score at or above the frozen threshold is a crisis, and its type is the most
probable of the six; below it the type is `none`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from datasets_app.corpus.taxonomy import CRISIS_TYPES, SEVERITIES, SIX_TYPES

from .calibration import NONE_INDEX, crisis_scores, expected_calibration_error, reliability, type_probabilities
from .data import Sample
from .errors import ReleaseRefused
from .intervals import Interval, bootstrap, clopper_pearson
from .verdicts import judged

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
FORMAT: Final = "pixelhub.evaluation/1"
BOOTSTRAP_SEED: Final = 20260101


@dataclass(frozen=True)
class Predictions:
    """The answers of a bundle: scores [N], type probabilities [N, 7], decided types int [N], severities 1-5 int [N]."""

    scores: Floats
    probabilities: Floats
    types: Ints
    severities: Ints


def decide(type_logits: Floats, severity_logits: Floats, *, temperature: float, threshold: float) -> Predictions:
    """Turn logits [N, 7] and [N, 5] into served decisions. The severity is the median of its distribution."""
    scores = crisis_scores(type_logits, temperature)
    among_six = np.where(np.arange(len(CRISIS_TYPES)) == NONE_INDEX, -np.inf, type_logits).argmax(axis=1)
    levels = np.exp(severity_logits) / np.exp(severity_logits).sum(axis=1, keepdims=True)
    severities = (levels.cumsum(axis=1) < 0.5).sum(axis=1).clip(max=len(SEVERITIES) - 1) + SEVERITIES[0]
    probabilities = type_probabilities(type_logits, temperature)
    return Predictions(scores, probabilities, np.where(scores >= threshold, among_six, NONE_INDEX), severities)


def evaluate(samples: list[Sample], predictions: Predictions) -> dict[str, Any]:
    """Return every metric of one set of conversations as JSON types; without text, by record id and content hash.

    Raises ReleaseRefused for a set without crises or without non-crises: its rates do not exist.
    """
    truth = np.array([sample.crisis_type for sample in samples], dtype=np.int64)
    crisis, flagged = truth != NONE_INDEX, predictions.types != NONE_INDEX
    if not crisis.any() or crisis.all():
        raise ReleaseRefused("an evaluation needs conversations with a crisis and conversations without one")
    confusion = confusion_matrix(truth, predictions.types)
    true_positives, true_negatives = int((crisis & flagged).sum()), int((~crisis & ~flagged).sum())
    positives, negatives = int(crisis.sum()), int((~crisis).sum())
    metrics = {
        "sensitivity": _share("sensitivity", true_positives, positives),
        "specificity": _share("specificity", true_negatives, negatives),
        "false_positive_rate": _share("false_positive_rate", negatives - true_negatives, negatives),
        "macro_f1": _macro_f1(truth, predictions.types),
        "auc": _resampled(
            "auc", truth, lambda rows: auc(predictions.scores[rows], crisis[rows]), min(positives, negatives)
        ),
        "ece": _resampled(
            "ece", truth, lambda rows: expected_calibration_error(predictions.scores[rows], crisis[rows]), len(truth)
        ),
        "severity_mae": _severity_mae(samples, predictions),
    }
    return {
        "format": FORMAT,
        "n": len(samples),
        "positives": positives,
        "negatives": negatives,
        "metrics": {name: metric for name, metric in metrics.items() if metric is not None},
        "per_type": _per_type(truth, predictions.types),
        "confusion": {"labels": list(CRISIS_TYPES), "rows": confusion.tolist()},
        "reliability": reliability(predictions.scores, crisis),
        "ppv_at_1_percent": ppv(true_positives / positives, 1 - true_negatives / negatives, prevalence=0.01),
        "missed": _missed(samples, predictions, crisis & ~flagged),
        "slices": _slices(samples, crisis, flagged),
        "sources": _counts(sample.source for sample in samples),
    }


def confusion_matrix(truth: Ints, predicted: Ints) -> Ints:
    """Return counts int [7, 7]: rows are the true types, columns the decided ones, in the order of CRISIS_TYPES."""
    classes = len(CRISIS_TYPES)
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def f1_by_type(confusion: Ints) -> Floats:
    """Return F1 per class from counts [..., C, C] -> [..., C]; NaN where a class neither occurs nor is decided."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    total = confusion.sum(-1) + confusion.sum(-2)
    with np.errstate(invalid="ignore"):
        return np.where(total > 0, 2 * hits / np.maximum(total, 1), np.nan)


def macro_f1(truth: Ints, predicted: Ints) -> float:
    """Return the mean F1 over the classes that occur in the truth; a class nobody can find says nothing."""
    confusion = confusion_matrix(truth, predicted)
    return float(np.nanmean(f1_by_type(confusion)[confusion.sum(1) > 0]))


def auc(scores: Floats, crisis: Bools) -> float:
    """Return the area under the ROC curve as the Mann-Whitney statistic, ties counted half; NaN with one class only."""
    positives = int(crisis.sum())
    negatives = len(crisis) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[crisis].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def ppv(sensitivity: float, false_positive_rate: float, *, prevalence: float) -> float | None:
    """Return the share of true crises among alerts at a prevalence, or None when nothing is ever flagged."""
    alerts = sensitivity * prevalence + false_positive_rate * (1 - prevalence)
    return sensitivity * prevalence / alerts if alerts else None


def _share(name: str, successes: int, n: int) -> dict[str, Any]:
    interval = clopper_pearson(successes, n)
    return judged(name, value=successes / n, interval=interval, n=n, method="Clopper-Pearson") | {"count": successes}


def _resampled(name: str, strata: Ints, statistic: Any, n: int) -> dict[str, Any]:
    everything = np.arange(len(strata))
    interval = bootstrap(statistic, strata, seed=BOOTSTRAP_SEED)
    return judged(name, value=statistic(everything), interval=interval, n=n, method="stratified bootstrap")


def _macro_f1(truth: Ints, predicted: Ints) -> dict[str, Any]:
    smallest = min(int(count) for count in np.bincount(truth, minlength=len(CRISIS_TYPES)) if count)
    present = len(np.unique(truth))
    metric = _resampled("macro_f1", truth, lambda rows: macro_f1(truth[rows], predicted[rows]), smallest)
    # A mean over fewer classes than the model has cannot clear a target that is meant for all of them.
    if present < len(CRISIS_TYPES) and metric["verdict"] == "pass":
        metric["verdict"] = "insufficient_data"
    return metric | {"classes": present}


def _per_type(truth: Ints, predicted: Ints) -> list[dict[str, Any]]:
    confusion = confusion_matrix(truth, predicted)
    rows = []
    for index, name in enumerate(CRISIS_TYPES):
        support, decided, hits = (
            int(confusion[index].sum()),
            int(confusion[:, index].sum()),
            int(confusion[index, index]),
        )
        row: dict[str, Any] = {
            "crisis_type": name,
            "support": support,
            "precision": hits / decided if decided else None,
            "recall": hits / support if support else None,
            "f1": None,
        }
        if support:

            def f1(rows: Ints, wanted: int = index) -> float:
                return float(f1_by_type(confusion_matrix(truth[rows], predicted[rows]))[wanted])

            target = "type_f1" if name in SIX_TYPES else "none_f1"
            row["f1"] = _resampled(target, truth, f1, support)
        rows.append(row)
    return rows


def _severity_mae(samples: list[Sample], predictions: Predictions) -> dict[str, Any] | None:
    rows = np.array([index for index, sample in enumerate(samples) if sample.severity is not None], dtype=np.int64)
    if not len(rows):
        return None
    truth = np.array([samples[index].severity for index in rows], dtype=np.int64)
    errors = np.abs(truth - predictions.severities[rows]).astype(float)
    interval: Interval = bootstrap(lambda chosen: float(errors[chosen].mean()), truth, seed=BOOTSTRAP_SEED)
    return judged(
        "severity_mae", value=float(errors.mean()), interval=interval, n=len(rows), method="stratified bootstrap"
    )


def _missed(samples: list[Sample], predictions: Predictions, missed: Bools) -> list[dict[str, Any]]:
    rows = [
        {
            "record_id": samples[index].record_id,
            "content_hash": samples[index].content_hash,
            "crisis_type": CRISIS_TYPES[samples[index].crisis_type],
            "severity": samples[index].severity,
            "score": round(float(predictions.scores[index]), 6),
        }
        for index in np.flatnonzero(missed)
    ]
    # The gravest first, because a clinician reads this list from the top.
    return sorted(rows, key=lambda row: (-(row["severity"] or 0), row["score"], row["content_hash"]))


def _slices(samples: list[Sample], crisis: Bools, flagged: Bools) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for index, sample in enumerate(samples):
        groups.setdefault(("source", sample.source), []).append(index)
        groups.setdefault(("edge_case", "yes" if sample.is_edge_case else "no"), []).append(index)
    rows = []
    for (kind, value), members in sorted(groups.items()):
        positives, negatives = crisis[members], ~crisis[members]
        row: dict[str, Any] = {"slice": kind, "value": value, "n": len(members)}
        for name, group, hit in (
            ("sensitivity", positives, flagged[members]),
            ("specificity", negatives, ~flagged[members]),
        ):
            n, hits = int(group.sum()), int((group & hit).sum())
            row[name] = None
            if n:
                interval = clopper_pearson(hits, n)
                row[name] = {"value": hits / n, "low": interval.low, "high": interval.high, "n": n}
        rows.append(row)
    return rows


def _counts(values: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return dict(sorted(counts.items()))
