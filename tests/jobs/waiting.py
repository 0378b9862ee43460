"""Wait for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_EVERY_SECONDS = 0.05


def until(condition: Callable[[], T], *, what: str, seconds: float = 180.0) -> T:
    """The first true value of `condition`; fails with `what` when there is none before the deadline.

    The deadline only ends a broken test: nothing is asserted about how long it took.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain until {what}")
        time.sleep(_LOOK_EVERY_SECONDS)
