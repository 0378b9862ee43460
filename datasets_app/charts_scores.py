"""Charts of a release's scores: emotions of the person, and scores with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor
from typing import Any

from pixelhub.ui.plots import FOREGROUND, plot_svg

from .charts import BAD, GOOD, NEUTRAL, WIDTH

_VERDICTS = {"passed": (GOOD, "circle"), "failed": (BAD, "triangle-up"), "no target": (NEUTRAL, "diamond")}


def emotions_svg(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return conversations by the emotion that stands out, with counts."""
    values = [{"name": row["name"].capitalize(), "count": row["count"], "text": f"{row['count']:,}"} for row in rows]
    names = [row["name"] for row in values]
    y = {"field": "name", "type": "nominal", "title": None, "sort": names}
    x = {"field": "count", "type": "quantitative", "title": "conversations", "axis": {"tickMinStep": 1, "tickCount": 6}}
    return plot_svg(
        {
            "data": {"values": values},
            "height": {"step": 20},
            "layer": [
                {"mark": {"type": "bar", "cornerRadiusEnd": 2, "color": "#4f74d8"}, "encoding": {"y": y, "x": x}},
                {
                    "mark": {"type": "text", "align": "left", "dx": 4, "color": FOREGROUND, "fontSize": 11},
                    "encoding": {"y": y, "x": x, "text": {"field": "text"}},
                },
            ],
        },
        "Conversations by the emotion that stands out",
        width=WIDTH,
    )


def scores_svg(figures: Sequence[Mapping[str, Any]]) -> str:
    """Return each score's mean with its 95% interval, and its target as a line across where it has one."""
    rows = [
        {key: figure[key] for key in ("label", "value", "low", "high", "target")}
        | {"verdict": figure["verdict"] or "no target"}
        for figure in figures
        if figure["value"] is not None
    ]
    labels = [row["label"] for row in rows]
    y = {"field": "label", "type": "nominal", "title": None, "sort": labels, "axis": {"labelLimit": 220}}
    lowest = floor(10 * min([0.0, *(row["low"] for row in rows)])) / 10
    axis = {
        "type": "quantitative",
        "scale": {"domain": [lowest, 1]},
        "title": "mean (mark), 95% interval, target (line)",
    }
    named = {"field": "verdict", "type": "nominal", "title": None}
    colour, shape = (
        named | {"scale": {"domain": list(_VERDICTS), "range": [look[place] for look in _VERDICTS.values()]}}
        for place in (0, 1)
    )
    return plot_svg(
        {
            "data": {"values": rows},
            "height": {"step": 26},
            "layer": [
                {
                    "transform": [{"filter": "datum.target !== null"}],
                    "mark": {"type": "tick", "color": FOREGROUND, "thickness": 2, "size": 18},
                    "encoding": {"y": y, "x": {"field": "target", **axis}},
                },
                {
                    "mark": {"type": "rule", "strokeWidth": 2},
                    "encoding": {"y": y, "x": {"field": "low", **axis}, "x2": {"field": "high"}, "color": colour},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                    "encoding": {"y": y, "x": {"field": "value", **axis}, "color": colour, "shape": shape},
                },
            ],
        },
        "Scores with intervals and targets",
        width=WIDTH,
    )
