"""Charts of a study: the curves of its trials over each other, and each parameter against the value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pixelhub.ui.plots import FOREGROUND, plot_svg
from training_app.charts import COLOURS, HEIGHT, WIDTH
from training_app.models import Trial, TrialState

_SHAPES: Final = {TrialState.COMPLETE: "circle", TrialState.PRUNED: "cross"}


def trial_curves_svg(trials: Sequence[Trial], best: int | None) -> str:
    """Return validation macro F1 per epoch of all trials; the best one stands out by width and colour."""
    points = [
        {"epoch": row["epoch"], "value": row["val_macro_f1"], "trial": trial.number, "best": trial.number == best}
        for trial in trials
        for row in trial.curve
    ]
    spec = {
        "data": {"values": points},
        "mark": {"type": "line"},
        "encoding": {
            "x": {"field": "epoch", "type": "quantitative", "title": "epoch", "axis": {"tickMinStep": 1}},
            "y": {"field": "value", "type": "quantitative", "title": "macro F1", "scale": {"zero": False}},
            "detail": {"field": "trial"},
            "color": {"condition": {"test": "datum.best", "value": COLOURS[1]}, "value": COLOURS[0]},
            "opacity": {"condition": {"test": "datum.best", "value": 1}, "value": 0.45},
            "strokeWidth": {"condition": {"test": "datum.best", "value": 3}, "value": 1.25},
        },
        "height": HEIGHT,
    }
    return plot_svg(spec, "Validation macro F1 per epoch of every trial; the best one is the thick line", width=WIDTH)


def parameter_svg(trials: Sequence[Trial], name: str, *, log: bool) -> str:
    """Return the value of every trial that has one against one parameter; shapes tell how it ended."""
    points = [
        {"x": trial.params.get(name), "value": trial.value, "state": trial.get_state_display()}
        for trial in trials
        if trial.value is not None and name in trial.params
    ]
    numeric = all(isinstance(point["x"], int | float) and not isinstance(point["x"], bool) for point in points)
    x: dict[str, Any] = {"field": "x", "title": name, "type": "quantitative" if numeric else "nominal"}
    if numeric:
        x["scale"] = {"type": "log"} if log else {"zero": False}
    shapes = {state.label: shape for state, shape in _SHAPES.items()}
    spec = {
        "data": {"values": points},
        "mark": {"type": "point", "size": 55, "color": COLOURS[0], "filled": False},
        "encoding": {
            "x": x,
            "y": {"field": "value", "type": "quantitative", "title": "best macro F1", "scale": {"zero": False}},
            "shape": {
                "field": "state",
                "title": None,
                "scale": {"domain": list(shapes), "range": list(shapes.values())},
                "legend": {"symbolStrokeColor": FOREGROUND},
            },
        },
        "height": HEIGHT,
    }
    return plot_svg(spec, f"Best validation macro F1 against {name}", width=WIDTH)
