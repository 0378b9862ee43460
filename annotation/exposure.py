"""How much hard content somebody has read, and when it is enough for now. Django-free.

Weights double with each step of severity. No validated scale of exposure exists; doubling is a convention that keeps
what hurts most in front: one conversation about immediate danger weighs as much as two of severity 4, or sixteen mild
ones. A conversation without a crisis still costs attention, so it weighs a little. Every weight is a multiple of 1/4:
sums of them are exact in floating point, whatever the order in which labels arrive.

Points are for seeing a load at a glance. What stops the work is counted in whole conversations and minutes, which a
person can check for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SEVERE = 4  # severity 4 and 5
WEIGHTS: dict[int | None, float] = {None: 0.25, 1: 0.5, 2: 1.0, 3: 2.0, 4: 4.0, 5: 8.0}
LONGEST_READING = 900  # seconds that one label may add: a page left open over lunch is not reading
SHORTEST_READING = 2  # nobody reads and labels in less; a browser that reports no time hides none


class Level(StrEnum):
    """Where a figure stands against its limit."""

    CALM = "calm"
    NEAR = "near"
    OVER = "over"


@dataclass(frozen=True)
class Added:
    """What one label adds to a person's exposure."""

    items: int
    severe_items: int
    points: float


def added(severity: int | None, before: Sequence[int | None]) -> Added:
    """What a label of this severity adds after the labels `before` that this person gave the same conversation.

    A conversation counts once, at the highest severity that the person saw in it: an edit adds the difference, and
    takes nothing back, because what was read has been read. So the sum over any order of labels, edits and replays is
    the same. `severity` is 1 to 5, or None for “no crisis”.
    """
    if not before:
        return Added(items=1, severe_items=int(is_severe(severity)), points=WEIGHTS[severity])
    highest = max(before, key=WEIGHTS.__getitem__)
    if WEIGHTS[severity] <= WEIGHTS[highest]:
        return Added(items=0, severe_items=0, points=0.0)
    return Added(
        items=0,
        severe_items=int(is_severe(severity) and not is_severe(highest)),
        points=WEIGHTS[severity] - WEIGHTS[highest],
    )


def is_severe(severity: int | None) -> bool:
    """Severity 4 or 5."""
    return severity is not None and severity >= SEVERE


def plausible_seconds(sent: int) -> int:
    """The seconds that a browser reports for one label, within what one reading can take."""
    return min(max(sent, SHORTEST_READING), LONGEST_READING)


def seconds_counted(sent: int, *, since: datetime, now: datetime, already: int) -> int:
    """How many of the reported seconds count: never more than have passed `since` then and are not counted yet."""
    room = int((now - since).total_seconds()) - already
    return max(0, min(plausible_seconds(sent), room))


def is_pause(last_seen: datetime, now: datetime, *, reading: int, pause: timedelta) -> bool:
    """Whether somebody was away for `pause` or longer between their last sign and a reading that took `reading` s."""
    return now - timedelta(seconds=reading) - last_seen >= pause


def level_of(value: float, limit: float, soft_share: float) -> Level:
    """Calm, near (from `soft_share` of the limit on) or over (from the limit on)."""
    if value >= limit:
        return Level.OVER
    return Level.NEAR if value >= soft_share * limit else Level.CALM
