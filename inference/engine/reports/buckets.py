"""Stretches of time, and times as counts.

Times are rounded up to three significant digits: a quantile is then off by one percent at the most.
Limits of three digits lie on a border: whether a quantile is past such a limit is exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Context, Decimal
from typing import Final

from inference.engine.reports.performance import QUANTILES, rank_of

_THREE_DIGITS: Final = Context(prec=3, rounding=ROUND_CEILING)


def bucket_of(ms: float) -> str | None:
    """The bucket of a time in milliseconds, as a key of JSON; None for what is no time."""
    if not (math.isfinite(ms) and ms >= 0):
        return None
    return str(float(_THREE_DIGITS.plus(Decimal(repr(float(ms))))))


def quantiles_of(buckets: Mapping[str, int]) -> dict[str, float | None]:
    """p50, p90, p95 and p99 (nearest rank) of counted times: each the upper border of its bucket."""
    ordered = sorted((float(border), count) for border, count in buckets.items())
    total = sum(count for _, count in ordered)
    found: dict[str, float | None] = {f"p{round(q * 100)}": None for q in QUANTILES}
    passed = 0
    ranks = [(f"p{round(q * 100)}", rank_of(q, total)) for q in QUANTILES] if total else []
    for border, count in ordered:
        passed += count
        while ranks and passed > ranks[0][1]:
            found[ranks.pop(0)[0]] = border
    return found


def slot_of(at: datetime, seconds: int) -> datetime:
    """The begin of the stretch of `seconds` that holds a moment."""
    moment = int(at.timestamp())
    return datetime.fromtimestamp(moment - moment % seconds, UTC)
