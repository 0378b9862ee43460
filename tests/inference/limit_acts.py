"""What racing services do with one key's limits."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

from inference.serving import limits as served
from inference.serving.database import DatabaseThreads
from inference.serving.http import Problem
from inference.serving.limits import Limiter
from pixelhub.accounts.rates import Limits

#: A clock that stands: no minute ends while the race is on.
STILL = SimpleNamespace(time=lambda: 1_900_000_000.0, monotonic=time.monotonic)


def ask_redis_often(key_id: int, limit: int, times: int, redis_url: str) -> int:
    """The same where minutes are counted in Redis."""
    served.time = STILL  # type: ignore[assignment]
    served._REDIS_WAIT_S = 30.0
    return ask_often(key_id, limit, times, redis_url, "minute")


def ask_often(key_id: int, limit: int, times: int, redis_url: str = "", period: str = "month") -> int:
    """Ask at once, in rounds, each by a service that stops afterwards; how many were allowed in all."""
    served._LEASE_WAIT_S = 120.0  # a busy machine is no database that does not answer
    limits = Limits(key_id, ((period, limit),))

    async def one_round() -> int:
        database = DatabaseThreads(1)
        limiter = Limiter(database, redis_url)

        async def ask() -> bool:
            try:
                await limiter.spend(limits)
            except Problem:
                return False
            return True

        allowed = sum(await asyncio.gather(*(ask() for _ in range(times))))
        await limiter.stop()
        await database.close()
        return allowed

    return asyncio.run(one_round()) + asyncio.run(one_round())
