"""How runs and evaluations are put before people: names, rows and tones for the templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from training_app.forms_registry import PrevalenceForm
from training_app.learn.cards import PLOTS
from training_app.learn.metrics.prevalence import at_prevalence
from training_app.learn.wording import KIND_NAMES, METRIC_NAMES, SHARES, SLICE_NAMES, in_order, prevalence_rows
from training_app.models import Evaluation, FileEvaluation, ModelVersion, TrainingRun
from training_app.plots import LOSS, has_plot

MISSED_SHOWN: Final = 10
HEADLINE: Final = ("sensitivity", "specificity", "macro_f1", "auc")


@dataclass(frozen=True)
class Chart:
    """A chart of a run: its title and the legend of each curve."""

    title: str
    curves: Mapping[str, str]


RUN_CHARTS: Final[dict[str, Chart]] = {
    "loss": Chart("Loss per epoch", {"train_loss": "train", "val_loss": "validation"}),
    "f1": Chart("Validation macro F1 per epoch", {"val_macro_f1": "macro F1"}),
}


def run_charts(run: TrainingRun, epochs: Sequence[Mapping[str, float]]) -> list[dict[str, str]]:
    """Title, address and description of the charts; the last epoch in the address makes the browser fetch again."""
    if not epochs:
        return []
    last = epochs[0]
    described = {
        "loss": f"epoch {last['epoch']}: train {last['train_loss']:.4f}, validation {last['val_loss']:.4f}",
        "f1": f"epoch {last['epoch']}: {last['val_macro_f1']:.4f}",
    }
    return [
        {
            "title": chart.title,
            "url": f"{reverse('training:run_chart', args=[run.pk, name])}?epoch={last['epoch']}",
            "alt": f"{chart.title}; {described[name]}",
        }
        for name, chart in RUN_CHARTS.items()
    ]


def config_rows(config: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The configuration as flat rows, without what the hub chooses itself."""
    return [
        (f"{part}.{name}", value)
        for part, values in config.items()
        if part != "output"
        for name, value in values.items()
        if value != ""
    ]


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
