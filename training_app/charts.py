"""Charts as SVG, drawn on the server by vl-convert from Vega-Lite specifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pixelhub.ui.plots import FOREGROUND, plot_svg

# Readable on the light and on the dark page alike (at least 3:1 on both); series differ in dash and shape as well.
COLOURS: Final = ("#4f74d8", "#b8690f")
DASHES: Final = ([1, 0], [6, 3])
WIDTH: Final = 440
HEIGHT: Final = 210
# Above this a curve is a line without a mark at each point.
FEW_POINTS: Final = 120


def curves_svg(
    points: Sequence[Mapping[str, Any]], names: Mapping[str, str], *, title: str, x_title: str = "epoch"
) -> str:
    """Return a line chart of points {x, name, value}; `names` maps curve names to their legend.

    `x` is a whole number, or minutes where the axis says so.
    """
    shown = [{"x": p["x"], "series": names[p["name"]], "value": p["value"]} for p in points]
    few = len(shown) <= FEW_POINTS
    domain = list(names.values())
    return _svg(
        {
            "data": {"values": shown},
            "layer": [
                {
                    "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 22} if few else False},
                    "encoding": {
                        "x": {"field": "x", "type": "quantitative", "title": x_title, "axis": {"tickMinStep": 1}},
                        "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"zero": False}},
                        "color": _series({"domain": domain, "range": list(COLOURS)}),
                        "strokeDash": _series({"domain": domain, "range": list(DASHES)}),
                    },
                }
            ],
        },
        title,
    )


def reliability_svg(bins: Sequence[Mapping[str, float]]) -> str:
    """Return the reliability diagram: mean score against the share of crises per bin, and the diagonal."""
    axis = {"type": "quantitative", "scale": {"domain": [0, 1]}}
    points = {
        "data": {"values": [dict(row) for row in bins]},
        "mark": {"type": "line", "point": {"size": 50}, "color": COLOURS[0]},
        "encoding": {
            "x": {"field": "mean_score", "title": "mean score of the bin", **axis},
            "y": {"field": "crisis_share", "title": "share of crises", **axis},
        },
    }
    diagonal = {
        "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
        "mark": {"type": "line", "strokeDash": [3, 4], "color": FOREGROUND},
        "encoding": {"x": {"field": "x", **axis}, "y": {"field": "y", **axis}},
    }
    return _svg({"layer": [diagonal, points]}, "Reliability on the test split")


def _series(scale: dict[str, Any]) -> dict[str, Any]:
    return {"field": "series", "scale": scale, "title": None}


def _svg(spec: dict[str, Any], title: str) -> str:
    return plot_svg({"height": HEIGHT, **spec}, title, width=WIDTH)
