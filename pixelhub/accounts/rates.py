"""How much an API key may ask: windows of time, and the leases that one process holds of them.

What a key may do in a minute, a day or a month is counted in one ledger for all processes
(pixelhub/accounts/allowances.py). A process leases a little of it at a time and spends the lease in memory, so that
no request pays for a row; together, processes never spend more than the ledger gave out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Ask", "Grant", "Leases", "Limits", "Spending", "window_of"]

MINUTE, DAY, MONTH, IMPORT = "minute", "day", "month", "import"
_SECONDS = {MINUTE: 60, IMPORT: 60, DAY: 86_400}
#: Nominal length of a window, as the RateLimit-Policy header states it, in seconds.
NOMINAL_SECONDS = {**_SECONDS, MONTH: 30 * 86_400}


@dataclass(frozen=True)
class Limits:
    """What one key may spend in each period; a period without a limit is left out."""

    key_id: int
    periods: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, key_id: int, *, per_minute: int, per_day: int | None = None, per_month: int | None = None) -> Limits:
        """The limits of a key's columns."""
        given = ((MINUTE, per_minute), (DAY, per_day), (MONTH, per_month))
        return cls(key_id, tuple((period, limit) for period, limit in given if limit is not None))

    def only(self, *periods: str) -> Limits:
        """These periods alone."""
        return Limits(self.key_id, tuple(entry for entry in self.periods if entry[0] in periods))

    def without(self, period: str) -> Limits:
        """All but this period."""
        return Limits(self.key_id, tuple(entry for entry in self.periods if entry[0] != period))


@dataclass(frozen=True)
class Ask:
    """A process wants at least `need` more of a period whose window begins at `start` (seconds since 1970, UTC)."""

    period: str
    start: int
    need: int
    limit: int


@dataclass(frozen=True)
class Grant:
    """What the ledger gave: `granted` may be less than was needed, even 0; `beyond` is left for everybody."""

    period: str
    start: int
    granted: int
    beyond: int


@dataclass(frozen=True)
class Spending:
    """What became of one wish: allowed; or `asks` to put to the ledger first; or refused by `period`.

    `wait_s` is the time until the refusing window ends; 0.0 unless refused.
    """

    allowed: bool
    asks: tuple[Ask, ...] = ()
    period: str = ""
    wait_s: float = 0.0


@dataclass
class _Lease:
    start: int
    limit: int
    left: int
    beyond: int


class Leases:
    """What this process may still spend. Thread-safe; never touches a database."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, str], _Lease] = {}
        self._lock = threading.Lock()

    def spend(self, limits: Limits, cost: int = 1) -> Spending:
        """Spend `cost` of every period, or of none."""
        now = time.time()
        asks: list[Ask] = []
        with self._lock:
            leases = []
            for period, limit in limits.periods:
                lease, end = self._current(limits.key_id, period, limit, now)
                leases.append(lease)
                if lease.left >= cost:
                    continue
                if lease.left + lease.beyond < cost:
                    return Spending(False, period=period, wait_s=max(0.001, end - now))
                asks.append(Ask(period, lease.start, cost - lease.left, limit))
            if asks:
                return Spending(False, asks=tuple(asks))
            for lease in leases:
                lease.left -= cost
        return Spending(True)

    def credit(self, key_id: int, grants: Iterable[Grant]) -> None:
        """Take over what the ledger gave."""
        with self._lock:
            for grant in grants:
                lease = self._held.get((key_id, grant.period))
                if lease is None or lease.start > grant.start:
                    continue
                if lease.start < grant.start:  # another process's clock is ahead: its window is everybody's
                    lease.start, lease.left = grant.start, 0
                lease.left += grant.granted
                lease.beyond = grant.beyond

    def give_up(self) -> Iterator[tuple[int, Grant]]:
        """Everything unspent, to be returned to the ledger; this process then holds nothing."""
        with self._lock:
            held, self._held = self._held, {}
        for (key_id, period), lease in held.items():
            if lease.left:
                yield key_id, Grant(period, lease.start, lease.left, lease.beyond)

    def remaining(self, limits: Limits) -> list[tuple[str, int, int, int]]:
        """(period, limit, left as far as this process knows, seconds until the window ends) of each period."""
        now = time.time()
        found = []
        with self._lock:
            for period, limit in limits.periods:
                lease, end = self._current(limits.key_id, period, limit, now)
                found.append((period, limit, max(0, lease.left + lease.beyond), max(1, round(end - now))))
        return found

    def _current(self, key_id: int, period: str, limit: int, now: float) -> tuple[_Lease, float]:
        start, end = window_of(period, now)
        lease = self._held.get((key_id, period))
        if lease is None or lease.start < start:
            lease = self._held[key_id, period] = _Lease(start, limit, 0, limit)
        elif lease.limit != limit:  # somebody changed the key: what the ledger gave under the old limit is void
            lease.limit, lease.left, lease.beyond = limit, 0, limit
        return lease, end


def window_of(period: str, now: float) -> tuple[int, int]:
    """Begin and end of the window that holds `now`, in seconds since 1970: calendar minutes, days and months in UTC."""
    if period != MONTH:
        seconds = _SECONDS[period]
        start = int(now) - int(now) % seconds
        return start, start + seconds
    at = datetime.fromtimestamp(now, UTC)
    start_of = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = start_of.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    return int(start_of.timestamp()), int(following.timestamp())
