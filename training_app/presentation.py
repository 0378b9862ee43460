"""How runs and evaluations are put before people: names, rows and tones for the templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.urls import reverse

from training_app.forms_registry import PrevalenceForm
from training_app.learn.cards import PLOTS
from training_app.learn.metrics.prevalence import at_prevalence
from training_app.learn.wording import KIND_NAMES, METRIC_NAMES, SHARES, SLICE_NAMES, in_order, prevalence_rows
from training_app.models import Evaluation, FileEvaluation, ModelVersion
from training_app.plots import LOSS, has_plot

MISSED_SHOWN: Final = 10
HEADLINE: Final = ("sensitivity", "specificity", "macro_f1", "auc")


def version_row(version: ModelVersion) -> dict[str, Any]:
    """A version and its headline metrics, for the list."""
    evaluation = next(iter(version.evaluations.all()), None)
    metrics = evaluation.metrics["metrics"] if evaluation else {}
    return {"version": version, "evaluation": evaluation, "metrics": {name: metrics.get(name) for name in HEADLINE}}


def evaluation_context(evaluation: Evaluation, *, asked: PrevalenceForm) -> dict[str, Any]:
    """An evaluation's metrics, types, prevalences and slices as the page shows them."""
    found = evaluation.metrics
    return {
        "metrics": [
            {"key": name, "name": METRIC_NAMES[name], "percent": name in SHARES, **metric}
            for name, metric in in_order(found["metrics"])
        ],
        "per_type": found["per_type"],
        "confusion": _confusion(found),
        "slices": [row | {"name": SLICE_NAMES.get(row["slice"], row["slice"])} for row in found["slices"]],
        "reliability": found["reliability"],
        "prevalences": _prevalences(found, asked),
        "prevalence_form": asked,
        "missed": found["missed"][:MISSED_SHOWN],
        "missed_count": found.get("missed_count", len(found["missed"])),
        "over_count": found.get("over_escalated_count"),
        "against": found.get("against_production"),
    }


def plots_of(version: ModelVersion, evaluation: Evaluation) -> list[dict[str, str]]:
    """Name, address and description of the plots of an evaluation; the confusion matrix is a table on the page."""
    return [
        {"name": name, "title": title, "url": reverse("training:version_plot", args=[version.pk, name])}
        for name, title in PLOTS.items()
        if name not in (LOSS, "confusion") and has_plot(name, version, evaluation)
    ]


def file_rows(evaluations: Iterable[FileEvaluation]) -> list[dict[str, Any]]:
    """Evaluations on files with the figures that the page shows; one that the file cannot give is None."""
    shown = ("auc", "sensitivity", "specificity", "false_positive_rate")
    return [
        {
            "row": row,
            "kind": KIND_NAMES.get(row.label_kind, row.label_kind),
            "found": row.metrics,
            "figures": {name: row.metrics["metrics"].get(name) for name in shown},
            "absent": sorted(set((row.metrics.get("absent") or {}).values())),
        }
        for row in evaluations
    ]


def _confusion(found: Mapping[str, Any]) -> dict[str, Any] | None:
    if not found.get("confusion"):
        return None
    labels = found["confusion"]["labels"]
    rows = [
        {"label": label, "cells": [{"n": n, "hit": row == column} for column, n in enumerate(counts)]}
        for row, (label, counts) in enumerate(zip(labels, found["confusion"]["rows"], strict=True))
    ]
    return {"labels": labels, "rows": rows}


def _prevalences(found: Mapping[str, Any], asked: PrevalenceForm) -> list[dict[str, Any]]:
    rows = prevalence_rows(found)
    if rows and asked.is_bound and asked.is_valid():
        metrics, share = found["metrics"], asked.cleaned_data["prevalence"] / 100
        rows.append(at_prevalence(metrics["sensitivity"], metrics["false_positive_rate"], share) | {"asked": True})
    return sorted(rows, key=lambda row: row["prevalence"])


def files_of(version: ModelVersion) -> list[dict[str, Any]]:
    """The bundle's files by name."""
    return [{"name": name, **entry} for name, entry in sorted(version.files.items())]
