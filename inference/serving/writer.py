"""Scores to the database in bulk: one background task, bounded, flushed on shutdown.

Ordinary rows wait up to `FLUSH_S` for company. Rows that must be durable before their answer are written at once,
together with whatever waits (a group commit), and `write_durably` returns when they are on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from inference.models import ScoreLog
from inference.services import score_log_write
from inference.serving.database import DatabaseThreads

logger = logging.getLogger(__name__)

FLUSH_S = 0.5
MAX_BATCH = 500
#: Rows that may wait for the database; past it the service refuses (503) rather than lose what it answered.
MAX_WAITING = 10_000
#: How long an answer waits for its row, in seconds: a person in crisis must not wait for a broken database.
DURABLE_WAIT_S = 3.0
#: How long the end of the service waits for a database that hangs, in seconds.
STOP_WAIT_S = 20.0


class ScoreWriter:
    """Belongs to the running event loop."""

    def __init__(self, database: DatabaseThreads) -> None:
        self._database = database
        self._waiting: list[tuple[ScoreLog, asyncio.Future[None] | None]] = []
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._flushing_since: float | None = None

    def start(self) -> None:
        """Start the background task."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write everything that waits, then end."""
        self._stopping = True
        self._wake.set()
        if self._task:
            _, late = await asyncio.wait({self._task}, timeout=STOP_WAIT_S)
            if late:
                self._task.cancel()
                logger.error("%d score rows could not be written: the database hangs", len(self._waiting))

    @property
    def is_full(self) -> bool:
        """Whether no more answers can be promised to be logged."""
        return len(self._waiting) >= MAX_WAITING

    @property
    def waiting(self) -> int:
        """Rows that are not in the database yet."""
        return len(self._waiting)

    @property
    def failures(self) -> int:
        """Failed flushes in a row, one that hangs included; 0 when the last one went through."""
        hangs = self._flushing_since is not None and time.monotonic() - self._flushing_since > DURABLE_WAIT_S
        return self._failures + hangs

    def add(self, rows: list[ScoreLog]) -> None:
        """Log with the next flush."""
        self._waiting.extend((row, None) for row in rows)
        if len(self._waiting) >= MAX_BATCH:
            self._wake.set()

    async def write_durably(self, rows: list[ScoreLog]) -> bool:
        """Log now; False when the database did not answer in time: the rows stay queued."""
        if self._flushing_since is not None and time.monotonic() - self._flushing_since > DURABLE_WAIT_S:
            self.add(rows)  # the database hangs: nobody else needs to wait to learn that
            return False
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[None]] = [loop.create_future() for _ in rows]
        self._waiting.extend(zip(rows, futures, strict=True))
        self._wake.set()
        _, late = await asyncio.wait(futures, timeout=DURABLE_WAIT_S)
        return not late

    async def _run(self) -> None:
        while not (self._stopping and (not self._waiting or self._failures >= 3)):
            if not self._stopping and not self._waiting_durably():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), FLUSH_S)
            self._wake.clear()
            if self._waiting:
                await self._flush()
        if self._waiting:
            logger.error("%d score rows could not be written before shutdown", len(self._waiting))

    def _waiting_durably(self) -> bool:
        return self._failures == 0 and any(future is not None for _, future in self._waiting)

    async def _flush(self) -> None:
        batch = self._waiting[:MAX_BATCH]
        self._flushing_since = time.monotonic()
        try:
            await self._database.run(lambda: score_log_write(rows=[row for row, _ in batch]))
        except Exception as error:  # whatever the database says, rows stay queued and are tried again
            self._failures += 1
            logger.error("score rows not written yet (%d waiting): %s", len(self._waiting), type(error).__name__)
            self._flushing_since = None
            if not self._stopping:
                await asyncio.sleep(FLUSH_S)
            return
        self._flushing_since = None
        self._failures = 0
        del self._waiting[: len(batch)]
        for _, future in batch:
            if future is not None and not future.done():
                future.set_result(None)
