"""Control charts of hidden expert labels, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from annotation.agreement.watching import Point
from pixelhub.ui.plots import FOREGROUND, plot_svg

WIDTH: Final = 560
HEIGHT: Final = 220
SHARE: Final = "#4f74d8"
LIMIT: Final = "#b8690f"
SHAPES: Final = {"steady": "circle", "warning": "triangle-down", "out": "square"}


def control_svg(points: Sequence[Point], *, expected: float, floor: float) -> str:
    """Return a p-chart: the share met of each group, the expected share, two and three sigma below it, and the floor.

    A point beyond a limit has another shape as well as another place. The page holds the same figures as a table.
    """
    rows = [
        {
            "to": point.last,
            "share": point.share,
            "state": point.state,
            "two sigma": point.warning,
            "three sigma": point.action,
            "expected": expected,
            "floor": floor,
        }
        for point in points
    ]
    reach = {"domain": [0, max((point.last for point in points), default=1)]}
    axis = {"tickMinStep": 1}
    x = {"field": "to", "type": "quantitative", "title": "hidden samples answered", "axis": axis, "scale": reach}
    scale = {"domain": [0, 1]}
    lines = {
        "transform": [{"fold": ["expected", "two sigma", "three sigma", "floor"], "as": ["line", "at"]}],
        "mark": {"type": "line", "strokeWidth": 1.5, "point": len(rows) == 1},
        "encoding": {
            "x": x,
            "y": {"field": "at", "type": "quantitative", "title": "share met", "scale": scale},
            "strokeDash": {
                "field": "line",
                "title": None,
                "scale": {
                    "domain": ["expected", "two sigma", "three sigma", "floor"],
                    "range": [[1, 0], [6, 4], [2, 3], [10, 3]],
                },
            },
            "color": {
                "field": "line",
                "title": None,
                "scale": {
                    "domain": ["expected", "two sigma", "three sigma", "floor"],
                    "range": [FOREGROUND, LIMIT, LIMIT, FOREGROUND],
                },
            },
        },
    }
    marks: dict[str, Any] = {
        "mark": {"type": "point", "filled": True, "size": 70, "color": SHARE},
        "encoding": {
            "x": x,
            "y": {"field": "share", "type": "quantitative", "scale": scale},
            "shape": {
                "field": "state",
                "legend": None,
                "scale": {"domain": list(SHAPES), "range": list(SHAPES.values())},
            },
        },
    }
    path = {
        "mark": {"type": "line", "color": SHARE, "strokeWidth": 2},
        "encoding": {"x": x, "y": {"field": "share", "type": "quantitative"}},
    }
    spec = {"height": HEIGHT, "data": {"values": rows}, "layer": [lines, path, marks]}
    return plot_svg(spec, "Share of hidden expert labels met, with control limits", width=WIDTH)
