"""What a frozen bundle does on labelled conversations: metrics with 95% intervals, and honest verdicts.

The decision is the served one: a score at or above the frozen threshold is a crisis, and its type is the most
probable of the six; below it the type is `none`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from datasets_app.corpus.taxonomy import CRISIS_TYPES, SEVERITIES, SIX_TYPES

from .calibration import (
    NONE_INDEX,
    brier_score,
    crisis_scores,
    expected_calibration_error,
    reliability,
    type_probabilities,
)
from .cases import Case
from .intervals import Interval, bootstrap, clopper_pearson
from .metrics.prevalence import at_prevalences, cases_needed
from .metrics.ranking import auc, auc_interval, average_precision, precision_recall_points, roc_points
from .metrics.severity import mean_absolute_error, quadratic_kappa
from .metrics.slices import slices_of
from .metrics.types import confusion_matrix, f1_by_type, mean_f1, precision_by_type, recall_by_type
from .verdicts import INSUFFICIENT, PASS, TARGETS, judged

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
FORMAT: Final = "pixelhub.evaluation/2"
BOOTSTRAP_SEED: Final = 20260101
MISSED_KEPT: Final = 5000
_BOOTSTRAP: Final = "stratified bootstrap"
_EXACT: Final = "Clopper-Pearson"
NO_CRISIS: Final = "the set holds no crisis"
NO_NEGATIVE: Final = "the set holds crises only"
NO_TYPES: Final = "the labels do not say which type a crisis is of"
NO_SEVERITY: Final = "no label has a severity"


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


def evaluate(cases: Sequence[Case], predictions: Predictions) -> dict[str, Any]:
    """Return every metric of one set of conversations as JSON types; without text, by record id and content hash.

    What cannot be known from the set (a sensitivity without a crisis, a specificity without anything else) is not
    among `metrics`; `absent` says of each why. Raises ValueError for an empty set.
    """
    if not cases:
        raise ValueError("an evaluation needs conversations")
    seen = _Seen.of(cases, predictions)
    figures = _figures(seen, np.ones(len(cases), dtype=np.int64))
    intervals = bootstrap(lambda drawn: _figures(seen, drawn), seen.strata, seed=BOOTSTRAP_SEED) if figures else {}
    metrics = _rates(seen) | _resampled(seen, figures, intervals) | _ranked(seen)
    rows = _per_type(seen, intervals)
    both = "sensitivity" in metrics and "specificity" in metrics
    return {
        "format": FORMAT,
        "n": len(cases),
        "positives": seen.positives,
        "negatives": seen.negatives,
        "metrics": metrics,
        "absent": _absent(seen, metrics),
        "per_type": rows,
        "confusion": {"labels": list(CRISIS_TYPES), "rows": seen.confusion.tolist()} if seen.typed.any() else None,
        "reliability": reliability(seen.scores, seen.crisis) if seen.both else [],
        "curves": {
            "roc": roc_points(seen.scores, seen.crisis),
            "precision_recall": precision_recall_points(seen.scores, seen.crisis),
        }
        if seen.both
        else None,
        "prevalence": at_prevalences(metrics["sensitivity"], metrics["false_positive_rate"]) if both else [],
        "missed": _missed(cases, predictions, seen.crisis & ~seen.flagged)[:MISSED_KEPT],
        "missed_count": int((seen.crisis & ~seen.flagged).sum()),
        "over_escalated_count": int((~seen.crisis & seen.flagged).sum()),
        "slices": slices_of(cases, seen.flagged),
        "sources": dict(sorted(Counter(case.source for case in cases).items())),
    }


@dataclass(frozen=True)
class _Seen:
    """Labels and answers as arrays. `types` is -1 where a label does not say the type; `typed` marks the others."""

    scores: Floats
    crisis: Bools
    flagged: Bools
    types: Ints
    typed: Bools
    decided: Ints
    severity_rows: Ints
    severity_truth: Ints
    severity_decided: Ints

    @classmethod
    def of(cls, cases: Sequence[Case], predictions: Predictions) -> _Seen:
        types = np.array([-1 if case.crisis_type is None else case.crisis_type for case in cases], dtype=np.int64)
        rows = np.array([index for index, case in enumerate(cases) if case.severity is not None], dtype=np.int64)
        # Without a single known type of a crisis a table of types would show the negatives alone.
        typed = (types >= 0) & bool((types[types >= 0] != NONE_INDEX).any())
        return cls(
            scores=predictions.scores,
            crisis=np.array([case.crisis for case in cases], dtype=bool),
            flagged=predictions.types != NONE_INDEX,
            types=types,
            typed=typed,
            decided=predictions.types,
            severity_rows=rows,
            severity_truth=np.array([cases[index].severity for index in rows], dtype=np.int64),
            severity_decided=predictions.severities[rows],
        )

    @property
    def positives(self) -> int:
        return int(self.crisis.sum())

    @property
    def negatives(self) -> int:
        return int((~self.crisis).sum())

    @property
    def strata(self) -> Ints:
        """The true type of each row; a crisis of an unknown type is a stratum of its own."""
        return np.where(self.typed, self.types, np.where(self.crisis, len(CRISIS_TYPES), NONE_INDEX))

    @property
    def both(self) -> bool:
        return bool(self.positives and self.negatives)

    @property
    def confusion(self) -> Ints:
        return confusion_matrix(self.types[self.typed], self.decided[self.typed])


def _rates(seen: _Seen) -> dict[str, Any]:
    found = int((seen.crisis & seen.flagged).sum())
    left = int((~seen.crisis & ~seen.flagged).sum())
    flagged = int(seen.flagged.sum())
    metrics: dict[str, Any] = {}
    if seen.positives:
        metrics["sensitivity"] = _share("sensitivity", found, seen.positives)
    if seen.negatives:
        metrics["specificity"] = _share("specificity", left, seen.negatives)
        metrics["false_positive_rate"] = _share("false_positive_rate", seen.negatives - left, seen.negatives)
    if seen.both and flagged:
        metrics["precision"] = _share("precision", found, flagged)
    return metrics


def _share(name: str, successes: int, n: int) -> dict[str, Any]:
    metric = judged(name, value=successes / n, interval=clopper_pearson(successes, n), n=n, method=_EXACT)
    metric["count"] = successes
    target = TARGETS.get(name)
    if target is not None and metric["verdict"] == INSUFFICIENT:
        # The number that would settle it, were no more of them to go wrong.
        failures = n - successes if target.higher_is_better else successes
        floor = target.value if target.higher_is_better else 1.0 - target.value
        metric["n_needed"] = cases_needed(failures, target=floor)
    return metric


def _resampled(seen: _Seen, figures: dict[str, float], intervals: dict[str, Interval]) -> dict[str, Any]:
    """Figures whose interval comes from resampling: all of them out of the same draws."""
    smaller = min(seen.positives, seen.negatives)
    sizes = {"severity_mae": len(seen.severity_rows), "severity_qwk": len(seen.severity_rows), "f1": seen.positives}
    sizes |= {"average_precision": smaller, "balanced_accuracy": smaller}
    metrics = {}
    for name, value in figures.items():
        if " " in name or np.isnan(value):
            continue
        if name == "macro_f1":
            metrics[name] = _macro(seen, value, intervals[name])
        else:
            n = sizes.get(name, len(seen.crisis))
            metrics[name] = judged(name, value=value, interval=intervals[name], n=n, method=_BOOTSTRAP)
    return metrics


def _figures(seen: _Seen, drawn: Ints) -> dict[str, float]:
    """Return every resampled figure of rows drawn so often, int [N]; those of a type as "f1 TYPE"."""
    figures: dict[str, float] = {}
    if seen.both:
        found, missed = drawn[seen.crisis & seen.flagged].sum(), drawn[seen.crisis & ~seen.flagged].sum()
        false, left = drawn[~seen.crisis & seen.flagged].sum(), drawn[~seen.crisis & ~seen.flagged].sum()
        figures = {
            "f1": float(2 * found / (2 * found + missed + false)),
            "balanced_accuracy": float((found / (found + missed) + left / (left + false)) / 2),
            "average_precision": average_precision(seen.scores, seen.crisis, drawn),
            "ece": expected_calibration_error(seen.scores, seen.crisis, weights=drawn),
            "brier": brier_score(seen.scores, seen.crisis, weights=drawn),
        }
    if seen.typed.any():
        counts = confusion_matrix(seen.types[seen.typed], seen.decided[seen.typed], drawn[seen.typed])
        figures["macro_f1"] = mean_f1(counts)
        for figure, values in (("f1", f1_by_type(counts)), ("precision", precision_by_type(counts))):
            figures |= {f"{figure} {name}": float(value) for name, value in zip(CRISIS_TYPES, values, strict=True)}
    if len(seen.severity_rows):
        pair = (seen.severity_truth, seen.severity_decided, drawn[seen.severity_rows])
        figures |= {"severity_mae": mean_absolute_error(*pair), "severity_qwk": quadratic_kappa(*pair)}
    return figures


def _ranked(seen: _Seen) -> dict[str, Any]:
    if not seen.both:
        return {}
    value, interval = auc(seen.scores, seen.crisis), auc_interval(seen.scores, seen.crisis)
    n = min(seen.positives, seen.negatives)
    return {"auc": judged("auc", value=value, interval=interval, n=n, method="DeLong")}


def _macro(seen: _Seen, value: float, interval: Interval) -> dict[str, Any]:
    support = seen.confusion.sum(1)
    present = int((support > 0).sum())
    smallest = int(support[support > 0].min())
    metric = judged("macro_f1", value=value, interval=interval, n=smallest, method=_BOOTSTRAP)
    # A mean over fewer classes than the model has cannot clear a target that is meant for all of them.
    if present < len(CRISIS_TYPES) and metric["verdict"] == PASS:
        metric["verdict"] = INSUFFICIENT
    return metric | {"classes": present}


def _per_type(seen: _Seen, intervals: dict[str, Interval]) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each type, with intervals. The table is empty where no label says a type."""
    if not seen.typed.any():
        return []
    confusion = seen.confusion
    f1, precision, recall = f1_by_type(confusion), precision_by_type(confusion), recall_by_type(confusion)
    rows = []
    for index, name in enumerate(CRISIS_TYPES):
        support, hits = int(confusion[index].sum()), int(confusion[index, index])
        row: dict[str, Any] = {"crisis_type": name, "support": support, "f1": None}
        row["precision"] = None if np.isnan(precision[index]) else round(float(precision[index]), 6)
        row["recall"] = None if np.isnan(recall[index]) else round(float(recall[index]), 6)
        row["precision_interval"] = _bounds(intervals[f"precision {name}"]) if row["precision"] is not None else None
        row["recall_interval"] = _bounds(clopper_pearson(hits, support)) if support else None
        if support:
            target = "type_f1" if name in SIX_TYPES else "none_f1"
            row["f1"] = judged(
                target, value=float(f1[index]), interval=intervals[f"f1 {name}"], n=support, method=_BOOTSTRAP
            )
        rows.append(row)
    return rows


def _bounds(interval: Interval) -> list[float]:
    return [round(interval.low, 6), round(interval.high, 6)]


def _absent(seen: _Seen, metrics: dict[str, Any]) -> dict[str, str]:
    reasons: dict[str, str] = {}
    if not seen.positives:
        reasons |= dict.fromkeys(("sensitivity", "precision", "f1", "balanced_accuracy", "auc"), NO_CRISIS)
        reasons |= dict.fromkeys(("average_precision", "ece", "brier"), NO_CRISIS)
    if not seen.negatives:
        reasons |= dict.fromkeys(("specificity", "false_positive_rate", "precision", "f1"), NO_NEGATIVE)
        reasons |= dict.fromkeys(("balanced_accuracy", "auc", "average_precision", "ece", "brier"), NO_NEGATIVE)
    if "macro_f1" not in metrics:
        reasons["macro_f1"] = NO_TYPES if seen.positives else NO_CRISIS
    if not len(seen.severity_rows):
        reasons |= dict.fromkeys(("severity_mae", "severity_qwk"), NO_SEVERITY)
    return {name: reason for name, reason in reasons.items() if name not in metrics}


def _missed(cases: Sequence[Case], predictions: Predictions, missed: Bools) -> list[dict[str, Any]]:
    rows = [
        {
            "record_id": cases[index].record_id,
            "content_hash": cases[index].content_hash,
            "crisis_type": cases[index].type_name,
            "severity": cases[index].severity,
            "score": round(float(predictions.scores[index]), 6),
        }
        for index in np.flatnonzero(missed).tolist()
    ]
    # The gravest first, because a clinician reads this list from the top.
    return sorted(rows, key=lambda row: (-(row["severity"] or 0), row["score"], row["content_hash"]))
