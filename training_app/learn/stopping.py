"""How a training learns that it should stop: signals only note the wish, the loop ends where its files are whole."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType


def stop_on_signals() -> Callable[[], bool]:
    """Take SIGTERM and SIGINT as a wish to stop; returns what tells whether one has come."""
    stop = _StopFlag()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stop.is_set


class _StopFlag:
    """A signal handler that only notes the wish: the loop ends at the next batch, with whole files on disk."""

    def __init__(self) -> None:
        self._set = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._set = True

    def is_set(self) -> bool:
        return self._set
