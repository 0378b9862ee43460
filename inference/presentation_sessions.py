"""Sessions as pages show them: a small chart of the figures, and what a direction is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from inference.models import ConversationTurn

#: The chart's own units; CSS gives it its size.
CHART_WIDTH: Final = 640
CHART_HEIGHT: Final = 160
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 10, 10, 24
#: Bands of the score that get a line across.
_BANDS: Final = ((0.4, "elevated"), (0.6, "critical"), (0.8, "emergency"))
_LABELLED: Final = 8


def chart_of(turns: Sequence[ConversationTurn]) -> dict[str, Any]:
    """Points, lines and labels of risk and EQ over the turns; a gap where a risk is not known."""
    count = max(len(turns), 2)
    x_of = [_LEFT + index * (CHART_WIDTH - _LEFT - _RIGHT) / (count - 1) for index in range(len(turns))]
    risks = [(x, turn, turn.score) for x, turn in zip(x_of, turns, strict=True)]
    # A turn without a reply has no EQ, which is no gap: the line goes on to the next one that has.
    judged = [(x, turn, turn.eq["aggregate"]) for x, turn in zip(x_of, turns, strict=True) if turn.eq]
    eqs = [point for point in judged if point[2] is not None]
    step = max(1, -(-len(turns) // _LABELLED))
    return {
        "width": CHART_WIDTH,
        "height": CHART_HEIGHT,
        "left": _LEFT,
        "right": CHART_WIDTH - _RIGHT,
        "base": _y(0.0),
        "bands": [{"y": _y(value), "name": name, "value": value} for value, name in _BANDS],
        "risk_lines": _lines(risks),
        "eq_lines": _lines(eqs),
        "points": [
            {"x": round(x, 1), "y": _y(value), "turn": turn, "value": value, "user": turn.role == "user"}
            for x, turn, value in risks
            if value is not None
        ],
        "labels": [{"x": round(x, 1), "number": turn.number} for x, turn, _ in risks[::step]],
    }


def _y(value: float) -> float:
    return round(_TOP + (1 - value) * (CHART_HEIGHT - _TOP - _BOTTOM), 1)


def _lines(points: Sequence[tuple[float, ConversationTurn, float | None]]) -> list[str]:
    """SVG points of each stretch without a gap, where it has at least two."""
    stretches: list[list[str]] = [[]]
    for x, _, value in points:
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append(f"{x:.1f},{_y(value)}")
    return [" ".join(stretch) for stretch in stretches if len(stretch) > 1]
