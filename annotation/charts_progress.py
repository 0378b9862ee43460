"""Pictures of a round."""

from __future__ import annotations

from datetime import timedelta

from annotation.selectors_progress import Board
from pixelhub.ui.plots import FOREGROUND, plot_svg

WIDTH, HEIGHT = 560, 200


def burndown_svg(board: Board, unit: str = "labels") -> str:
    """What is still missing per day, and by when it comes if the pace of the last two weeks holds (90% interval)."""
    left = board.total.asked
    rows = []
    for day, count in board.daily:
        left -= count
        rows.append({"day": day.isoformat(), "left": left})
    axis = {"type": "temporal", "title": None, "axis": {"format": "%d %b", "tickCount": 6}}
    layers = [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "point": True, "color": FOREGROUND, "interpolate": "step-after"},
            "encoding": {
                "x": {"field": "day", **axis},
                "y": {"field": "left", "type": "quantitative", "title": f"{unit} missing", "scale": {"zero": True}},
            },
        }
    ]
    if rows and board.finish is not None and board.finish.high and board.total.remaining:
        last = board.daily[-1][0]
        ends = {"from": last.isoformat(), "left": rows[-1]["left"], "zero": 0}
        for name, days in (("low", board.finish.low), ("middle", board.finish.middle), ("high", board.finish.high)):
            ends[name] = (last + timedelta(days=days)).isoformat()
        values = {"data": {"values": [ends]}}
        layers.append(
            {
                **values,
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": FOREGROUND},
                "encoding": {
                    "x": {"field": "from", **axis},
                    "x2": {"field": "middle"},
                    "y": {"field": "left", "type": "quantitative"},
                    "y2": {"field": "zero"},
                },
            }
        )
        layers.append(
            {
                **values,
                "mark": {"type": "rule", "strokeWidth": 5, "color": FOREGROUND, "opacity": 0.6},
                "encoding": {
                    "x": {"field": "low", **axis},
                    "x2": {"field": "high"},
                    "y": {"field": "zero", "type": "quantitative"},
                },
            }
        )
    return plot_svg({"height": HEIGHT, "layer": layers}, f"{unit.capitalize()} still missing per day", width=WIDTH)
