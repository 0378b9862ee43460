"""Run ORM work of the service in a few threads of its own, so that the event loop never waits for a database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections, connections

T = TypeVar("T")

#: How long threads may take to close their connections, in seconds.
_CLOSE_S = 5.0


class DatabaseThreads:
    """A small pool whose threads keep their connection while it is healthy."""

    def __init__(self, threads: int = 3) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="score-db")

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, run in a thread of the pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _with_fresh_connection, work)

    async def close(self) -> None:
        """Close every thread's connection and end the pool; a thread that hangs is left behind."""
        loop = asyncio.get_running_loop()
        closing = [loop.run_in_executor(self._pool, connections.close_all) for _ in range(self._threads)]
        _, late = await asyncio.wait(closing, timeout=_CLOSE_S)
        self._pool.shutdown(wait=not late, cancel_futures=bool(late))


def _with_fresh_connection(work: Callable[[], T]) -> T:
    close_old_connections()
    return work()
