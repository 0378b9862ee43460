"""The running service: its parts, started and stopped together on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

from django.conf import settings

from inference.engine.batcher import DEADLINE_S, Batcher
from inference.engine.conversation import Conversation
from inference.engine.errors import InputRefused, ModelUnavailable, QueueFull
from inference.engine.rules import Finding
from inference.engine.session import Prediction
from inference.models import ScoreLog
from inference.services.monitor_counts import traffic_record
from inference.serving import counting, scoring
from inference.serving.batches import Item
from inference.serving.cache import PredictionCache
from inference.serving.database import DatabaseThreads
from inference.serving.http import ClientGone, Problem, Receive, unless_gone
from inference.serving.idempotency import AnswerKeeper
from inference.serving.keys import Asker, Caller, KeyCache
from inference.serving.limits import Limiter
from inference.serving.registry import WATCH_S, Registry, Served
from inference.serving.sessions import Sessions
from inference.serving.traffic import Traffic
from inference.serving.writer import ScoreWriter
from pixelhub.accounts.usage import UsageCounter, usage_record

logger = logging.getLogger(__name__)

#: Texts longer than this are looked through by the rules in a thread, so that they do not hold up everybody else.
_LONG_TEXT = 6_000
#: Conversations of one batch request that are in the queue at a time: live ones must get their turn between them.
_BATCH_AT_ONCE = 8
#: Batch requests that are answered at a time; each may hold its whole body in memory.
_BATCHES_AT_ONCE = 8
#: From this estimated wait on, in seconds, it is seen to that the client still waits.
_WATCH_FROM_S = 0.02
#: How often the event loop's lag is measured, in seconds.
_LAG_EVERY_S = 0.5


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
        self.limiter = Limiter(self.database, settings.REDIS_URL)
        self.usage = UsageCounter()
        self.traffic = Traffic()
        self.batcher = Batcher(deadline_s=DEADLINE_S, told=self._batch_read)
        self.writer = ScoreWriter(self.database)
        self.answers = AnswerKeeper(self.database)
        self.sessions = Sessions(self)
        self.cache = (
            PredictionCache(settings.SCORE_CACHE_URL, seconds=settings.SCORE_CACHE_SECONDS, secret=settings.SECRET_KEY)
            if settings.SCORE_CACHE_URL
            else None
        )
        #: How late the event loop comes to what is due, in seconds.
        self.loop_lag_s = 0.0
        self._batches = 0
        self._first_look = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start lanes, writer and watcher; models load in the background."""
        self.batcher.start()
        self.writer.start()
        self.sessions.start()
        self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._watch_loop())]

    async def stop(self) -> None:
        """Stop taking work, write what was answered, close connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.sessions.stop()
        await self.batcher.stop()
        await self.writer.stop()
        await self.answers.stop()
        await self.write_usage()
        await self.write_traffic()
        await self.limiter.stop()
        if self.cache:
            await self.cache.close()
        await self.database.close()

    async def first_look(self, timeout: float) -> bool:
        """Wait until the ledger was looked at and models are loaded, or `timeout` seconds have passed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first_look.wait(), timeout)
        return self._first_look.is_set()

    async def write_usage(self) -> None:
        """Add what was counted to the keys' rows; what can not be written now is counted again later."""
        counts = self.usage.take()
        if not counts:
            return
        try:
            await self.database.run(lambda: usage_record(counts=counts))
        except Exception as error:  # the figures wait; no request fails for them
            self.usage.put_back(counts)
            logger.warning("usage is not written yet: %s", type(error).__name__)

    async def write_traffic(self) -> None:
        """Add what was refused and how busy the model was to the figures; what can't be written now waits."""
        refusals, load = self.traffic.take()
        if not refusals and not load:
            return
        try:
            await self.database.run(lambda: traffic_record(refusals=refusals, load=load))
        except Exception as error:  # the figures wait; no request fails for them
            self.traffic.put_back(refusals, load)
            logger.warning("traffic is not written yet: %s", type(error).__name__)

    def _batch_read(self, items: int, seconds: float) -> None:
        counting.batch_read(items, seconds)
        self.traffic.batch_read(items, seconds)

    async def score(self, conversation: Conversation, caller: Caller, *, receive: Receive) -> dict[str, Any]:
        """The answer for one conversation; its model is not asked for a client that hung up.

        Raises Problem (503) past the bounds, ClientGone.
        """
        try:
            return await self._answer(conversation, caller, receive=receive)
        except QueueFull as full:
            raise _overloaded(full) from None

    async def score_turn(self, window: Conversation, asker: Asker) -> dict[str, Any]:
        """The answer for a session's window, as urgent as any; it is given its place even if the client hung up.

        Raises Problem (503) past the bounds.
        """
        try:
            return await self._answer(window, asker, receive=None, kept=True)
        except QueueFull as full:
            raise _overloaded(full) from None

    async def score_stream(self, items: AsyncIterator[Item], caller: Caller) -> AsyncIterator[dict[str, Any]]:
        """A result per item, in their order, as soon as it is known: an answer, or {"problem": …} for a refused one.

        Raises what reading the items raises, and Problem (503) when too many batches run.
        """
        if self._batches >= _BATCHES_AT_ONCE:
            raise Problem.overload(503, "busy", "Too many batches are being answered; try again.", 5)
        self._batches += 1
        pending: asyncio.Queue[asyncio.Task[dict[str, Any]] | None] = asyncio.Queue(_BATCH_AT_ONCE)
        feeder = asyncio.create_task(self._feed(items, caller, pending))
        index = 0
        try:
            while (task := await pending.get()) is not None:
                yield {"index": index, **await task}
                index += 1
            await feeder
        finally:
            self._batches -= 1
            feeder.cancel()
            await asyncio.gather(feeder, return_exceptions=True)
            while not pending.empty():
                left = pending.get_nowait()
                if left is not None:
                    left.cancel()

    async def _feed(
        self,
        items: AsyncIterator[Item],
        caller: Caller,
        pending: asyncio.Queue[asyncio.Task[dict[str, Any]] | None],
    ) -> None:
        failure: Exception | None = None
        try:
            async for item in items:
                await pending.put(asyncio.create_task(self._result(item, caller)))
        except Exception as error:  # told after the answers to what came before it
            failure = error
        await pending.put(None)
        if failure:
            raise failure

    async def _result(self, item: Item, caller: Caller) -> dict[str, Any]:
        if isinstance(item, Conversation):
            try:
                return await self._answer(item, caller, receive=None, bulk=True)
            except Problem as problem:
                return self._refused(caller, problem)
            except Exception as error:  # one item must not end the others; the reason is in the log
                logger.error("an item of a batch failed: %s", type(error).__name__)
                return self._refused(caller, Problem.overload(503, "unavailable", "Try again in a moment.", 1))
        if isinstance(item, InputRefused):
            counting.unreadable()
            unread = Problem.of(item)
            self.traffic.refused(caller.project_id, unread.status, unread.code)
            return {"problem": unread.body}
        return self._refused(caller, item)

    def _refused(self, caller: Caller, problem: Problem) -> dict[str, Any]:
        counting.refused(problem.code)
        self.traffic.refused(caller.project_id, problem.status, problem.code)
        return {"problem": problem.body}

    async def _answer(
        self,
        conversation: Conversation,
        asker: Asker,
        *,
        receive: Receive | None,
        bulk: bool = False,
        kept: bool = False,
    ) -> dict[str, Any]:
        """`receive` is the client's who waits for this one answer, watched while it waits; `bulk` gives way to such.

        An answer that is `kept` somewhere has its row on disk first.
        """
        if self.writer.is_full:
            raise Problem.overload(503, "backlog", "The score log is not keeping up; try again.", 5)
        scored = await self._scored(conversation, asker.project_id, receive, bulk=bulk)
        counting.answered(scored)
        row = scoring.row_of(scored, project_id=asker.project_id, api_key_id=asker.key_id, user_id=asker.user_id)
        # A keyed request is not told twice: once its answer is kept, its row has to be there.
        durable = scored.decision.must_be_durable or conversation.score_id is not None or kept
        recorded = await self._log([row], durable=durable)
        return scoring.answer(scored, recorded=recorded, case_id=row.case_id if recorded else None)

    async def _scored(
        self, conversation: Conversation, project_id: int, receive: Receive | None, *, bulk: bool
    ) -> scoring.Scored:
        started = time.perf_counter()
        served = self.registry.served(project_id)
        reason = scoring.why_no_model(served, self.registry.problem)
        prediction: Prediction | None = None
        if served and not reason:
            prediction, reason = await self._predict(served, conversation, receive, bulk=bulk)
        finding = await self._finding(conversation)
        return scoring.scored_of(conversation, served, prediction, finding, reason=reason, started=started)

    async def _predict(
        self, served: Served, conversation: Conversation, receive: Receive | None, *, bulk: bool
    ) -> tuple[Prediction | None, str]:
        session = served.session
        assert session is not None
        try:
            text = scoring.rendered(session, conversation)
            labels = session.bundle.labels
            if self.cache and (known := await self.cache.get(served.bundle_sha256, text, labels=len(labels))):
                return session.decided(*known), ""
            encoded = session.encode(text)
            # Watching the connection costs more than a short wait does.
            if receive is not None and self.batcher.estimated_wait() > _WATCH_FROM_S:
                prediction = await unless_gone(self.batcher.submit(session, encoded, bulk=bulk), receive)
            else:
                prediction = await self.batcher.submit(session, encoded, bulk=bulk)
            if self.cache:
                probabilities = [prediction.probabilities[label] for label in labels]
                self.cache.put(served.bundle_sha256, text, probabilities, prediction.severity)
            return prediction, ""
        except ModelUnavailable as error:
            return None, error.reason
        except (QueueFull, ClientGone):
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
            await self.write_usage()
            await self.write_traffic()
            await asyncio.sleep(WATCH_S)

    async def _watch_loop(self) -> None:
        while True:
            due = time.monotonic() + _LAG_EVERY_S
            await asyncio.sleep(_LAG_EVERY_S)
            self.loop_lag_s = time.monotonic() - due
            self.traffic.waits(self.batcher.waiting, self.batcher.estimated_wait())


def _overloaded(full: QueueFull) -> Problem:
    detail = "More is asked than this service can answer in time; try again."
    return Problem.overload(503, "overloaded", detail, full.retry_after)
