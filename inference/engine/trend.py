"""Where a conversation is going: a line through the last figures of its turns.

The slope is that of the least-squares line through the known figures of the last `TREND_TURNS` turns (x is the turn's
number, so a missing figure leaves a gap rather than shifting what follows). `change` is the slope times the number of
turns it spans: how far the line went. At least `NOTABLE` up is rising, at least `NOTABLE` down is falling, all else is
steady. For figures that never fall from first to last, a rise of 0.14 over six known turns is always called rising.

Limits: a turn's figure is that of its window of ten messages, so what was said stays in it for ten messages and relief
shows late; two turns are enough for a line, and two turns are little evidence. A turn that could not be judged makes
the trend incomplete, and an incomplete trend never reads as relief.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from datasets_app.corpus.taxonomy import AlertLevel

TREND_TURNS: Final = 6
#: Change of the line over its span from which a direction is named; figures are 0 to 1.
NOTABLE: Final = 0.1
#: A rising risk below this score is left alone: it may be noise far from anything.
RISING_FLOOR: Final = 0.2

_DIGITS: Final = 4
RISING, STEADY, EASING, FALLING = "rising", "steady", "easing", "falling"


@dataclass(frozen=True)
class Figure:
    """One turn's figure: 0 to 1, or None when it is not known. `sure` is False for a degraded answer."""

    turn: int
    value: float | None
    sure: bool = True


@dataclass(frozen=True)
class Trend:
    """`slope` is per turn, `change` over the span; both None below two known figures. `turns` counts known ones.

    `complete` is False when one of the turns looked at has no sure figure.
    """

    direction: str
    slope: float | None
    change: float | None
    turns: int
    complete: bool

    def as_json(self) -> dict[str, Any]:
        """For answers, rounded."""
        figures = {name: None if value is None else round(value, _DIGITS) for name, value in self._figures()}
        return {"direction": self.direction, **figures, "turns": self.turns, "complete": self.complete}

    def _figures(self) -> tuple[tuple[str, float | None], ...]:
        return ("slope", self.slope), ("change", self.change)


def trend_of(figures: Sequence[Figure], *, down: str = EASING) -> Trend:
    """The trend of figures in the order of their turns; `down` names the direction of a fall."""
    last = figures[-TREND_TURNS:]
    known = [(figure.turn, figure.value) for figure in last if figure.value is not None]
    complete = all(figure.sure and figure.value is not None for figure in last)
    if len(known) < 2:
        return Trend(STEADY, None, None, len(known), complete)
    slope = _slope(known)
    change = slope * (known[-1][0] - known[0][0])
    # A hair of room: a rise of exactly NOTABLE must not fall to the rounding of floats.
    notable = NOTABLE - 1e-9
    direction = RISING if change >= notable else down if change <= -notable and complete else STEADY
    return Trend(direction, slope, change, len(known), complete)


def raised_level(alert_level: str, trend: Trend, score: float | None) -> str:
    """The level of a turn when its trend counts: a clear rise is at least a concern. Never lower than `alert_level`."""
    rises = trend.direction == RISING and (score or 0.0) >= RISING_FLOOR
    return AlertLevel.CONCERN.value if rises and alert_level == AlertLevel.NONE.value else alert_level


def _slope(points: Sequence[tuple[int, float]]) -> float:
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if not spread:
        return 0.0  # one turn, twice: two writers at once saw the same place, and one of them will write again
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
