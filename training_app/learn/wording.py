"""What figures are called wherever they are shown: pages, cards, commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .metrics.prevalence import at_prevalences

METRIC_NAMES: Final[dict[str, str]] = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "false_positive_rate": "False-positive rate",
    "precision": "Precision (positive predictive value in this set)",
    "f1": "F1 of crisis against none",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1 (seven classes)",
    "auc": "Area under the ROC curve",
    "average_precision": "Average precision (area under the PR curve)",
    "ece": "Expected calibration error",
    "brier": "Brier score",
    "severity_mae": "Severity, mean absolute error (levels)",
    "severity_qwk": "Severity, quadratic weighted kappa",
}
# Shown as percentages.
SHARES: Final = frozenset({"sensitivity", "specificity", "false_positive_rate", "precision", "balanced_accuracy"})
VERDICT_NAMES: Final[dict[str, str]] = {
    "pass": "pass",
    "fail": "fail",
    "insufficient_data": "insufficient data",
}
SLICE_NAMES: Final[dict[str, str]] = {
    "source": "source",
    "label": "label",
    "edge_case": "edge case",
    "edge_case_kind": "kind of edge case",
    "age": "age",
    "gender": "gender",
    "turns": "turns",
    "words": "length",
    "language": "language",
    "simulated": "simulated label",
}
KIND_NAMES: Final[dict[str, str]] = {
    "human": "labelled by people",
    "weak": "weak labels (by forum, account or phrase)",
    "synthetic": "labels of generated text",
}


def in_order(metrics: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return an evaluation's metrics in the order of METRIC_NAMES; canonical JSON has sorted them by name."""
    return [(name, metrics[name]) for name in METRIC_NAMES if name in metrics]


def prevalence_rows(evaluation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the rates mean at PREVALENCES; evaluations of the first format did not keep it."""
    metrics = evaluation["metrics"]
    if "sensitivity" not in metrics or "false_positive_rate" not in metrics:
        return []
    return at_prevalences(metrics["sensitivity"], metrics["false_positive_rate"])
