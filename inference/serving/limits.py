"""What a key may still ask, across all processes: 429 past it, and the headers that say where it stands.

Days and months are counted in the database, in leases; minutes in Redis where there is one (each request asks it), else
like days. Where Redis does not answer, minutes are leased from the database until it does: in that one minute a key may
get its rate from both.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from inference.serving.database import DatabaseThreads
from inference.serving.http import Problem
from pixelhub.accounts.allowances import allowances_lease, allowances_return
from pixelhub.accounts.rates import DAY, MINUTE, MONTH, NOMINAL_SECONDS, Ask, Leases, Limits, Spending, window_of

logger = logging.getLogger(__name__)

#: A Redis that does not answer within this is left alone for `_REDIS_REST_S`, in seconds.
_REDIS_WAIT_S = 1.0
_REDIS_REST_S = 5.0
_REDIS_CONNECTIONS = 16
#: A database that does not answer within this is treated as one that fails, in seconds.
_LEASE_WAIT_S = 2.0
#: And is left alone for so long: those who come meanwhile don't wait for it one after another.
_LEASE_REST_S = 2.0
#: Takes ARGV[1] of ARGV[2]; answers what is left, or -1 - left where that is too little and nothing was taken.
_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local cost, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
if used + cost > limit then return -1 - math.max(0, limit - used) end
redis.call('INCRBY', KEYS[1], cost)
redis.call('EXPIRE', KEYS[1], 120)
return limit - used - cost
"""
_SPAN = {MINUTE: "a minute", DAY: "a day", MONTH: "a month"}


class RedisMinutes:
    """The minute's count of each key in Redis, taken by one atomic script."""

    def __init__(self, url: str) -> None:
        waits = {"socket_timeout": _REDIS_WAIT_S, "socket_connect_timeout": _REDIS_WAIT_S, "timeout": _REDIS_WAIT_S}
        pool = redis.BlockingConnectionPool.from_url(url, max_connections=_REDIS_CONNECTIONS, **waits)
        self._client: Any = redis.Redis(connection_pool=pool)
        self._take = self._client.register_script(_TAKE)
        self._rests_until = 0.0
        #: key -> (start of the minute, limit, what is left of it)
        self._left: dict[int, tuple[int, int, int]] = {}

    async def spend(self, key_id: int, limit: int, cost: int) -> Spending | None:
        """Spend of this minute; None where Redis does not answer."""
        if time.monotonic() < self._rests_until:
            return None
        now = time.time()
        start, end = window_of(MINUTE, now)
        try:
            left = int(await self._take(keys=[f"pixelhub:rate:{key_id}:{start}"], args=[cost, limit]))
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("rates are counted in the database for now, Redis: %s", type(error).__name__)
            self._rests_until = time.monotonic() + _REDIS_REST_S
            return None
        self._note(key_id, start, limit, left if left >= 0 else -1 - left)
        return Spending(True) if left >= 0 else Spending(False, period=MINUTE, wait_s=end - now)

    def left(self, key_id: int) -> int | None:
        """What Redis said last about this minute."""
        start, _, left = self._left.get(key_id, (0, 0, 0))
        return left if start == window_of(MINUTE, time.time())[0] and time.monotonic() >= self._rests_until else None

    def _note(self, key_id: int, start: int, limit: int, left: int) -> None:
        """Answers come over several connections, so an older one may come later: within a minute less is newer."""
        known = self._left.get(key_id)
        if known is not None and known[:2] == (start, limit):
            left = min(left, known[2])
        self._left[key_id] = (start, limit, left)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
        await self._client.connection_pool.disconnect()


class LeasesRest(Exception):
    """The database failed a moment ago, and nothing can be leased until it is asked again."""


class Limiter:
    """Belongs to the running event loop."""

    def __init__(self, database: DatabaseThreads, redis_url: str = "") -> None:
        self._database = database
        self._leases = Leases()
        self._minutes = RedisMinutes(redis_url) if redis_url else None
        self._asking: dict[int, asyncio.Lock] = {}
        self._rests_until = 0.0

    async def spend(self, limits: Limits, cost: int = 1) -> None:
        """Spend `cost` conversations of a key. Raises Problem 429 with Retry-After, 422 where no wait would help."""
        for period, limit in limits.periods:
            if cost > limit:
                detail = f"This key allows {limit} conversations {_SPAN[period]}: send at most {limit} at once."
                raise Problem(422, "over_limit", detail)
        spending: Spending | None = None
        rest = limits
        if self._minutes:
            per_minute = dict(limits.periods)[MINUTE]
            spending = await self._minutes.spend(limits.key_id, per_minute, cost)
            rest = limits if spending is None else limits.without(MINUTE)
        if spending is None or spending.allowed:
            spending = await self._spend_leases(rest, cost)
        if not spending.allowed:
            limit = dict(limits.periods)[spending.period]
            code = "rate_limited" if spending.period == MINUTE else "quota_used_up"
            detail = f"This key allows {limit} conversations {_SPAN[spending.period]}."
            raise Problem.overload(429, code, detail, spending.wait_s)

    def headers(self, limits: Limits) -> dict[str, str]:
        """RateLimit-Policy and RateLimit as the IETF draft names them; what is left, as far as this process knows."""
        rows = self.remaining(limits)
        policies = [f'"{row["period"]}";q={row["limit"]};w={NOMINAL_SECONDS[row["period"]]}' for row in rows]
        states = [f'"{row["period"]}";r={row["remaining"]};t={row["resets_in_s"]}' for row in rows]
        return {"ratelimit-policy": ", ".join(policies), "ratelimit": ", ".join(states)}

    def remaining(self, limits: Limits) -> list[dict[str, Any]]:
        """Where each period stands, as an answer shows it."""
        rows = []
        for period, limit, left, seconds in self._leases.remaining(limits):
            in_redis = self._minutes.left(limits.key_id) if self._minutes and period == MINUTE else None
            remaining = left if in_redis is None else in_redis
            rows.append({"period": period, "limit": limit, "remaining": remaining, "resets_in_s": seconds})
        return rows

    async def stop(self) -> None:
        """Give back what was leased and not spent."""
        unspent = list(self._leases.give_up())
        if unspent:
            try:
                await self._database.run(lambda: allowances_return(unspent=unspent))
            except Exception as error:  # a broken database must not keep a process from ending; the lease is lost
                logger.warning("unspent allowances were not returned: %s", type(error).__name__)
        if self._minutes:
            await self._minutes.close()

    async def _spend_leases(self, limits: Limits, cost: int) -> Spending:
        spending = self._leases.spend(limits, cost)
        if not spending.asks:
            return spending
        # One at a time for each key: those who waited mostly find enough in what the first one brought.
        async with self._asking.setdefault(limits.key_id, asyncio.Lock()):
            while (spending := self._leases.spend(limits, cost)).asks:
                await self._lease(limits.key_id, spending.asks)
        return spending

    async def _lease(self, key_id: int, asks: tuple[Ask, ...]) -> None:
        if time.monotonic() < self._rests_until:
            raise LeasesRest
        asking = self._database.run(lambda: allowances_lease(key_id=key_id, asks=asks))
        try:
            grants = await asyncio.wait_for(asking, _LEASE_WAIT_S)
        except Exception:
            self._rests_until = time.monotonic() + _LEASE_REST_S
            raise
        self._leases.credit(key_id, grants)
