"""The interval that goes with every share."""

from __future__ import annotations

from math import sqrt
from typing import Final

_Z95: Final = 1.959963984540054


def wilson(hits: float, total: float) -> tuple[float, float]:
    """Return Wilson's 95% score interval of `hits` in `total` (Wilson 1927); (0, 1) when there is nothing to count.

    `total` may be an effective, fractional number of cases.
    """
    if total <= 0:
        return 0.0, 1.0
    share, square = hits / total, _Z95 * _Z95
    centre = (share + square / (2 * total)) / (1 + square / total)
    half = _Z95 * sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    return max(0.0, centre - half), min(1.0, centre + half)
