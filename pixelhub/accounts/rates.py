"""How often an API key may ask."""

from __future__ import annotations

import threading
import time


class RateLimiter:
    """A token bucket per key that holds one minute's allowance; per process, for its threads together."""

    def __init__(self) -> None:
        self._buckets: dict[int, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key_id: int, rate_per_minute: int, cost: int = 1) -> float:
        """Spend `cost`; 0.0 when allowed, else the seconds until it would be."""
        if rate_per_minute <= 0:
            return 60.0
        rate = rate_per_minute / 60.0
        # A batch larger than a whole minute's allowance needs a full bucket and empties it.
        needed = min(cost, rate_per_minute)
        with self._lock:
            now = time.monotonic()
            allowance, at = self._buckets.get(key_id, (float(rate_per_minute), now))
            allowance = min(float(rate_per_minute), allowance + (now - at) * rate)
            allowed = allowance >= needed
            self._buckets[key_id] = (allowance - needed if allowed else allowance, now)
        return 0.0 if allowed else (needed - allowance) / rate
