"""How runs and evaluations are put before people: names, rows and tones for the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from training_app.learn.card import METRIC_NAMES, in_order
from training_app.models import Evaluation, ModelVersion, TrainingRun

SHARES: Final = frozenset({"sensitivity", "specificity", "false_positive_rate"})
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


def evaluation_context(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation's metrics, types, confusion and slices as the page shows them."""
    found = evaluation.metrics
    labels = found["confusion"]["labels"]
    return {
        "metrics": [
            {"key": name, "name": METRIC_NAMES[name], "percent": name in SHARES, **metric}
            for name, metric in in_order(found["metrics"])
        ],
        "per_type": found["per_type"],
        "labels": labels,
        "confusion": [
            {"label": label, "cells": [{"n": n, "hit": row == column} for column, n in enumerate(counts)]}
            for row, (label, counts) in enumerate(zip(labels, found["confusion"]["rows"], strict=True))
        ],
        "slices": found["slices"],
        "reliability": found["reliability"],
    }


def files_of(version: ModelVersion) -> list[dict[str, Any]]:
    """The bundle's files by name."""
    return [{"name": name, **entry} for name, entry in sorted(version.files.items())]
