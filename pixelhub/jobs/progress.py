"""How fast a job goes: units per second over the last half minute."""

from __future__ import annotations

from collections import deque
from time import monotonic

_WINDOW_SECONDS = 30.0


class RateMeter:
    """Feed it the count of done units; it forgets what is older than half a minute, and restarts on a step back."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, done: int, *, at: float | None = None) -> float | None:
        """Units per second, or None until there are two observations apart in time."""
        now = monotonic() if at is None else at
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()
        (first_at, first), (last_at, last) = self._seen[0], self._seen[-1]
        return (last - first) / (last_at - first_at) if last_at > first_at else None
