"""The running service: its parts, started and stopped together on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

from inference.engine.batcher import DEADLINE_S, Batcher
from inference.engine.conversation import Conversation
from inference.engine.errors import ModelUnavailable, QueueFull
from inference.engine.rules import Finding
from inference.engine.session import Prediction
from inference.models import ScoreLog
from inference.serving import scoring
from inference.serving.database import DatabaseThreads
from inference.serving.http import Problem
from inference.serving.keys import Caller, KeyCache
from inference.serving.registry import WATCH_S, Registry, Served
from inference.serving.writer import ScoreWriter
from pixelhub.accounts.rates import RateLimiter

logger = logging.getLogger(__name__)

#: Texts longer than this are looked through by the rules in a thread, so that they do not hold up everybody else.
_LONG_TEXT = 6_000
#: Conversations of one batch request that are in the queue at a time: live ones must get their turn between them.
_BATCH_AT_ONCE = 8


class ScoringService:
    """Belongs to the running event loop.

    `will_be_stopped` says that somebody promises to call `stop`. Without that promise every row is written before its
    answer, since nothing could be flushed at the end.
    """

    def __init__(self, registry: Registry, *, will_be_stopped: bool) -> None:
        self.registry = registry
        self._will_be_stopped = will_be_stopped
        self.database = DatabaseThreads()
        self.keys = KeyCache(self.database)
        self.limiter = RateLimiter()
        self.batcher = Batcher()
        self.writer = ScoreWriter(self.database)
        self._first_look = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start lanes, writer and watcher; models load in the background."""
        self.batcher.start()
        self.writer.start()
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop taking work, write what was answered, close connections."""
        if self._watcher:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        await self.batcher.stop()
        await self.writer.stop()
        await self.database.close()

    async def first_look(self, timeout: float) -> bool:
        """Wait until the ledger was looked at and models are loaded, or `timeout` seconds have passed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first_look.wait(), timeout)
        return self._first_look.is_set()

    async def score(self, conversation: Conversation, caller: Caller) -> dict[str, Any]:
        """The answer for one conversation. Raises Problem (503) past the bounds."""
        return (await self.score_all([conversation], caller))[0]

    async def score_all(self, conversations: list[Conversation], caller: Caller) -> list[dict[str, Any]]:
        """Answers in the order of the conversations; all or a Problem."""
        if self.writer.is_full:
            raise Problem.overload(503, "backlog", "The score log is not keeping up; try again.", 5)
        gate = asyncio.Semaphore(_BATCH_AT_ONCE)

        async def one(conversation: Conversation) -> scoring.Scored:
            async with gate:
                return await self._scored(conversation, caller.project_id)

        try:
            scored = await asyncio.gather(*(one(conversation) for conversation in conversations))
        except QueueFull as full:
            detail = "More is asked than this service can answer in time; try again."
            raise Problem.overload(503, "overloaded", detail, full.retry_after) from None
        rows = [scoring.row_of(s, project_id=caller.project_id, api_key_id=caller.key_id) for s in scored]
        recorded = await self._log(rows, durable=any(s.decision.must_be_durable for s in scored))
        return [scoring.answer(s, recorded=recorded) for s in scored]

    async def _scored(self, conversation: Conversation, project_id: int) -> scoring.Scored:
        started = time.perf_counter()
        served = self.registry.served(project_id)
        reason = scoring.why_no_model(served, self.registry.problem)
        prediction: Prediction | None = None
        if served and not reason:
            prediction, reason = await self._predict(served, conversation)
        finding = await self._finding(conversation)
        return scoring.scored_of(conversation, served, prediction, finding, reason=reason, started=started)

    async def _predict(self, served: Served, conversation: Conversation) -> tuple[Prediction | None, str]:
        assert served.session is not None
        try:
            encoded = scoring.encode(served.session, conversation)
            return await self.batcher.submit(served.session, encoded), ""
        except ModelUnavailable as error:
            return None, error.reason
        except QueueFull:
            raise
        except Exception as error:  # the tokenizer is foreign code too; its failure is the model's
            logger.error("encoding failed: %s", type(error).__name__)
            return None, "model_failed"

    async def _finding(self, conversation: Conversation) -> Finding | None:
        if sum(len(message["content"]) for message in conversation.messages) <= _LONG_TEXT:
            return scoring.finding_of(conversation)
        work = asyncio.to_thread(scoring.finding_of, conversation)
        try:
            return await asyncio.wait_for(work, DEADLINE_S)
        except TimeoutError:
            return None

    async def _log(self, rows: list[ScoreLog], *, durable: bool) -> bool:
        if durable or not self._will_be_stopped:
            return await self.writer.write_durably(rows)
        self.writer.add(rows)
        return True

    async def _watch(self) -> None:
        while True:
            try:
                await self.database.run(self.registry.refresh)
            except Exception:
                logger.exception("looking at the deployment ledger failed")
            self._first_look.set()
            await asyncio.sleep(WATCH_S)
