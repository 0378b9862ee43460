"""The bars of a key's days, as numbers that a template draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pixelhub.accounts.models import ApiKeyUsage

HEIGHT: Final = 120
STEP: Final = 20
_BAR: Final = 14


@dataclass(frozen=True)
class Bar:
    """One day: all requests, and how much of the bar's foot were refused or failed. Pixels, y from the top."""

    label: str
    x: int
    y: float
    height: float
    error_y: float
    error_height: float


@dataclass(frozen=True)
class Chart:
    """Bars of days, oldest first; `most` is what the tallest stands for."""

    bars: tuple[Bar, ...]
    most: int
    width: int
    bar_width: int = _BAR
    height: int = HEIGHT


def usage_chart(days: Sequence[ApiKeyUsage]) -> Chart | None:
    """Return the bars; None where nothing was asked."""
    most = max((day.requests for day in days), default=0)
    if not most:
        return None
    bars = []
    for place, day in enumerate(days):
        height, errors = round(HEIGHT * day.requests / most, 2), round(HEIGHT * day.errors / most, 2)
        label = f"{day.day:%d %b}: {day.requests:,} requests, {day.errors:,} errors"
        bars.append(Bar(label, place * STEP, HEIGHT - height, height, HEIGHT - errors, errors))
    return Chart(tuple(bars), most, STEP * len(days))
