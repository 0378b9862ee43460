"""The always-on rule-based detector, as the answer needs it: one finding per conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Signal:
    """One sign: characters [start, end) of the content of message number `message` among the messages scored."""

    signal: str
    family: str
    severity: int
    message: int
    start: int
    end: int


@dataclass(frozen=True)
class Finding:
    """What the rules see. `score` 0-1; `crisis` when the risk level is moderate or above."""

    score: float
    level: str
    crisis: bool
    crisis_type: str
    severity: int | None
    timeline: str | None
    indicators: tuple[str, ...]
    protective_factors: tuple[str, ...]
    signals: Sequence[Signal]
