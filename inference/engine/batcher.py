"""Micro-batching over a few lanes, bounded by the estimated wait.

A lane that is free takes what is there at once, up to the batch size, and only items that share a session and a padded
length; nobody waits for a batch to fill. While a lane's thread computes, its next batch lies ready behind it: a busy
event loop would let the thread stand idle between two. Work nobody waits for any more is dropped. Past the bound,
`submit` refuses. Live items go before bulk ones, but for one turn in `BULK_TURN`, so that bulk work never stands still.
Bulk items are not refused: whoever sends them keeps few in the queue at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from inference.engine.errors import ModelUnavailable, QueueFull
from inference.engine.session import Encoded, Prediction

LANES = 2
#: Batches of a lane on their way to its thread or in it: the one that runs, and the next.
HELD_BY_LANE = 2
#: An answer slower than this falls back to the rules (requirement I3), in seconds.
DEADLINE_S = 5.0
#: Bulk items wait behind live ones; these seconds are theirs.
BULK_DEADLINE_S = 30.0
#: One turn in this many goes to bulk items while live ones wait.
BULK_TURN = 8
#: Longest estimated wait that is still accepted, in seconds: well inside the deadline.
MAX_WAIT_S = 2.0
#: Weight of the newest batch in the running mean of the cost of one item.
_SMOOTHING = 0.1
#: How many items of other lengths a lane may step over in search of batch mates.
_LOOK_AHEAD = 32


class Runnable(Protocol):
    """What a lane needs of a session."""

    max_batch: int

    def run(self, batch: Sequence[Encoded]) -> list[Prediction]: ...


@dataclass(eq=False)
class _Item:
    session: Runnable
    encoded: Encoded
    future: asyncio.Future[Prediction]
    deadline: float


@dataclass
class _Hand:
    """Holds one batch at a time, waiting for a thread or in it."""

    busy_since: float | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Batcher:
    """Belongs to the running event loop; call `start` inside it and `stop` before it ends."""

    def __init__(
        self,
        *,
        lanes: int = LANES,
        deadline_s: float = DEADLINE_S,
        max_wait_s: float = MAX_WAIT_S,
        told: Callable[[int, float], None] = lambda items, seconds: None,
    ) -> None:
        """`told` hears of each batch that the model has read: how many items, and the seconds that they took."""
        self._told = told
        self._deadline_s = deadline_s
        self._max_wait_s = max_wait_s
        self._live: deque[_Item] = deque()
        self._bulk: deque[_Item] = deque()
        self._turn = 0
        self._arrived = asyncio.Event()
        self._lanes = lanes
        self._hands = [_Hand() for _ in range(lanes * HELD_BY_LANE)]
        self._threads = ThreadPoolExecutor(lanes, thread_name_prefix="lane")
        self._seconds_per_item = 0.005

    def start(self) -> None:
        """Start the lanes."""
        for hand in self._hands:
            hand.task = asyncio.create_task(self._serve(hand))

    async def stop(self) -> None:
        """Stop the lanes; what still waits is answered as unavailable."""
        tasks = [hand.task for hand in self._hands if hand.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for queue in (self._live, self._bulk):
            for item in queue:
                _fail(item, ModelUnavailable("stopping"))
            queue.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def estimated_wait(self) -> float:
        """Seconds until a live item submitted now would start."""
        return len(self._live) * self._seconds_per_item / self._lanes

    @property
    def waiting(self) -> int:
        """Items that no lane has taken yet."""
        return len(self._live) + len(self._bulk)

    async def submit(self, session: Runnable, encoded: Encoded, *, bulk: bool = False) -> Prediction:
        """Score one text. Cancelled, it leaves the queue.

        Raises:
            QueueFull: the estimated wait is past the bound; never for bulk items.
            ModelUnavailable: no answer within the deadline, or the model failed.
        """
        now = time.monotonic()
        if all(hand.busy_since is not None and now - hand.busy_since > self._deadline_s for hand in self._hands):
            raise ModelUnavailable("model_stuck")
        wait = self.estimated_wait()
        if not bulk and wait > self._max_wait_s:
            raise QueueFull(max(1.0, wait - self._max_wait_s))
        seconds = max(self._deadline_s, BULK_DEADLINE_S) if bulk else self._deadline_s
        future: asyncio.Future[Prediction] = asyncio.get_running_loop().create_future()
        (self._bulk if bulk else self._live).append(_Item(session, encoded, future, now + seconds))
        self._arrived.set()
        try:
            return await asyncio.wait_for(future, seconds)
        except TimeoutError:
            raise ModelUnavailable("model_slow") from None

    async def _serve(self, hand: _Hand) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = self._take()
            if not batch:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            hand.busy_since = time.monotonic()
            try:
                answered, seconds = await loop.run_in_executor(self._threads, _run, batch)
                if answered:
                    self._learn(seconds / len(answered))
                    self._told(len(answered), seconds)
                for item, prediction in answered:
                    if not item.future.done():
                        item.future.set_result(prediction)
            except asyncio.CancelledError:
                for item in batch:
                    _fail(item, ModelUnavailable("stopping"))
                raise
            except Exception:  # whatever the runtime raises, callers get the fallback and the lane lives on
                for item in batch:
                    _fail(item, ModelUnavailable("model_failed"))
            finally:
                hand.busy_since = None

    def _take(self) -> list[_Item]:
        """The oldest waiting item of the queue whose turn it is and its batch mates, in order; dead items go."""
        now = time.monotonic()
        for queue in (self._live, self._bulk):
            while queue and (queue[0].future.done() or queue[0].deadline < now):
                _fail(queue.popleft(), ModelUnavailable("model_slow"))
        self._turn = (self._turn + 1) % BULK_TURN
        queue = (self._live or self._bulk) if self._turn else (self._bulk or self._live)
        if not queue:
            return []
        first = queue.popleft()
        batch, others = [first], list[_Item]()
        while queue and len(batch) < first.session.max_batch and len(others) < _LOOK_AHEAD:
            item = queue.popleft()
            same = item.session is first.session and item.encoded.bucket == first.encoded.bucket
            if not item.future.done():
                (batch if same else others).append(item)
        queue.extendleft(reversed(others))
        return batch

    def _learn(self, seconds_per_item: float) -> None:
        self._seconds_per_item += _SMOOTHING * (min(seconds_per_item, self._deadline_s) - self._seconds_per_item)


def _run(batch: Sequence[_Item]) -> tuple[list[tuple[_Item, Prediction]], float]:
    """In a lane's thread: what is still waited for with its prediction, and the seconds that these took."""
    wanted = [item for item in batch if not item.future.done()]
    if not wanted:
        return [], 0.0
    started = time.monotonic()
    predictions = wanted[0].session.run([item.encoded for item in wanted])
    return list(zip(wanted, predictions, strict=True)), time.monotonic() - started


def _fail(item: _Item, error: Exception) -> None:
    if not item.future.done():
        item.future.set_exception(error)
