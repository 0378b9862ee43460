"""Charts of an evaluation: ROC and precision-recall curves, the confusion matrix, two versions' curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pixelhub.ui.plots import FOREGROUND, plot_svg
from training_app.charts import COLOURS, DASHES

SIDE: Final = 300
CELL: Final = 44
_SHARE: Final[dict[str, Any]] = {"type": "quantitative", "scale": {"domain": [0, 1]}}


def roc_svg(points: Sequence[Mapping[str, float]], *, sensitivity: float, false_positive_rate: float) -> str:
    """Return the ROC curve, the diagonal of guessing, and the frozen threshold as a marked point."""
    here = {"false_positive_rate": false_positive_rate, "sensitivity": sensitivity}
    axes = {
        "x": {"field": "false_positive_rate", "title": "false-positive rate", **_SHARE},
        "y": {"field": "sensitivity", "title": "sensitivity", **_SHARE},
    }
    diagonal = [{"false_positive_rate": end, "sensitivity": end} for end in (0, 1)]
    return _square(
        [
            _line(diagonal, axes, FOREGROUND, dash=[3, 4], order="false_positive_rate"),
            # A step upwards has one false-positive rate: the points are joined as they come.
            _line(points, axes, COLOURS[0], dash=[1, 0], order=""),
            {
                "data": {"values": [here]},
                "mark": {"type": "point", "shape": "diamond", "size": 130, "color": COLOURS[1], "filled": True},
                "encoding": axes,
            },
        ],
        f"ROC curve; at the frozen threshold sensitivity {sensitivity:.3f}, "
        f"false-positive rate {false_positive_rate:.3f}",
    )


def precision_recall_svg(points: Sequence[Mapping[str, float]], *, base_rate: float) -> str:
    """Return the precision-recall curve and the precision of flagging everything."""
    axes = {
        "x": {"field": "recall", "title": "recall (sensitivity)", **_SHARE},
        "y": {"field": "precision", "title": "precision", **_SHARE},
    }
    base = [{"recall": end, "precision": base_rate} for end in (0, 1)]
    return _square(
        [
            _line(base, axes, FOREGROUND, dash=[3, 4], order="recall"),
            _line(points, axes, COLOURS[0], dash=[1, 0], order=""),
        ],
        f"Precision-recall curve; flagging everything has a precision of {base_rate:.3f}",
    )


def confusion_svg(labels: Sequence[str], rows: Sequence[Sequence[int]]) -> str:
    """Return the confusion matrix: rows are labels, columns decisions, shaded by the share of the row."""
    names = [label.replace("_", " ") for label in labels]
    cells = [
        {
            "label": names[row],
            "decided": names[column],
            "n": count,
            "share": count / sum(counts) if sum(counts) else 0.0,
        }
        for row, counts in enumerate(rows)
        for column, count in enumerate(counts)
    ]
    order = {"sort": names, "type": "nominal"}
    axes = {
        "x": {"field": "decided", "title": "decided", "axis": {"labelAngle": -40}, **order},
        "y": {"field": "label", "title": "label", **order},
    }
    shade = {"field": "share", "type": "quantitative", "scale": {"range": ["#4f74d800", COLOURS[0]]}, "legend": None}
    # White on the dark cells, the grey of all plots on the light ones: readable on both pages.
    ink = {"condition": {"test": "datum.share > 0.6", "value": "#ffffff"}, "value": FOREGROUND}
    return plot_svg(
        {
            "height": CELL * len(names),
            "data": {"values": cells},
            "layer": [
                {"mark": "rect", "encoding": {**axes, "color": shade}},
                {
                    "mark": {"type": "text", "fontSize": 12},
                    "encoding": {**axes, "text": {"field": "n"}, "color": ink},
                },
            ],
        },
        "Confusion matrix: rows are labels, columns decisions",
        width=CELL * len(names) + 60,
    )


def two_curves_svg(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]], names: list[str]) -> str:
    """Return the ROC curves of two versions in one picture; `names` are theirs."""
    shown = [
        {**point, "version": name} for name, points in zip(names, (first, second), strict=True) for point in points
    ]
    scale = {"domain": names, "range": list(COLOURS)}
    dashes = {"domain": names, "range": list(DASHES)}
    curves = {
        "data": {"values": shown},
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "x": {"field": "false_positive_rate", "title": "false-positive rate", **_SHARE},
            "y": {"field": "sensitivity", "title": "sensitivity", **_SHARE},
            "order": {"value": 0},
            "color": {"field": "version", "scale": scale, "title": None},
            "strokeDash": {"field": "version", "scale": dashes, "title": None},
        },
    }
    return _square([curves], f"ROC curves of versions {names[0]} and {names[1]}")


def _line(
    values: Sequence[Mapping[str, float]], axes: Mapping[str, Any], colour: str, *, dash: list[int], order: str
) -> dict[str, Any]:
    along = {"field": order, "type": "quantitative"} if order else {"value": 0}
    return {
        "data": {"values": [dict(row) for row in values]},
        "mark": {"type": "line", "strokeWidth": 2, "color": colour, "strokeDash": dash},
        "encoding": {**axes, "order": along},
    }


def _square(layers: list[dict[str, Any]], title: str) -> str:
    return plot_svg({"height": SIDE, "layer": layers}, title, width=SIDE + 60)
