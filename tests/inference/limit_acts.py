"""What racing services do with one key's limits."""

from __future__ import annotations

import asyncio

from inference.serving.database import DatabaseThreads
from inference.serving.http import Problem
from inference.serving.limits import Limiter
from pixelhub.accounts.rates import Limits


def ask_often(key_id: int, limit: int, times: int) -> int:
    """Ask at once, in rounds, each by a service that stops afterwards; how many were allowed in all."""
    limits = Limits(key_id, (("month", limit),))

    async def one_round() -> int:
        database = DatabaseThreads(1)
        limiter = Limiter(database)

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
