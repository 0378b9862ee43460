"""Plots of a version by name, as the version page, the card and the files beside it show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from training_app.charts import curves_svg, reliability_svg
from training_app.charts_evaluation import confusion_svg, precision_recall_svg, roc_svg
from training_app.models import Evaluation, ModelVersion, RunMetric

__all__ = ["EVALUATION_PLOTS", "LOSS", "has_plot", "plot_of"]

LOSS: Final = "loss"
EVALUATION_PLOTS: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "roc": lambda found: roc_svg(
        found["curves"]["roc"],
        sensitivity=found["metrics"]["sensitivity"]["value"],
        false_positive_rate=found["metrics"]["false_positive_rate"]["value"],
    ),
    "precision_recall": lambda found: precision_recall_svg(
        found["curves"]["precision_recall"], base_rate=found["positives"] / found["n"]
    ),
    "reliability": lambda found: reliability_svg(found["reliability"]),
    "confusion": lambda found: confusion_svg(found["confusion"]["labels"], found["confusion"]["rows"]),
}
_NEEDS: Final[dict[str, str]] = {
    "roc": "curves",
    "precision_recall": "curves",
    "reliability": "reliability",
    "confusion": "confusion",
}
_LOSSES: Final = {"train_loss": "train", "val_loss": "validation"}


def has_plot(name: str, version: ModelVersion, evaluation: Evaluation | None) -> bool:
    """Whether there is anything to draw; evaluations of the first format kept no curves."""
    if name == LOSS:
        return RunMetric.objects.filter(run_id=version.run_id, name__in=_LOSSES).exists()
    if name not in _NEEDS or evaluation is None:
        return False
    kept = evaluation.metrics.get(_NEEDS[name])
    return bool(kept.get(name) if kept and _NEEDS[name] == "curves" else kept)


def plot_of(name: str, version: ModelVersion, evaluation: Evaluation | None) -> str:
    """Return a plot as SVG. Raises KeyError for a name without one; ask `has_plot` first."""
    if name == LOSS:
        points = RunMetric.objects.filter(run_id=version.run_id, name__in=_LOSSES).order_by("epoch", "name")
        shown = [{"x": point.epoch, "name": point.name, "value": point.value} for point in points]
        return curves_svg(shown, _LOSSES, title="Loss per epoch")
    if evaluation is None:
        raise KeyError(name)
    return EVALUATION_PLOTS[name](evaluation.metrics)
