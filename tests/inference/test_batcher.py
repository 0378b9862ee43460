"""The batcher: batches of equal lengths, bounds, deadlines, failures. Lanes are held by events, not by time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from inference.engine.batcher import Batcher
from inference.engine.errors import ModelUnavailable, QueueFull
from inference.engine.session import Encoded, Prediction


def text(number: int, bucket: int = 16) -> Encoded:
    return Encoded((number,), bucket)


class Recorder:
    """A session that notes its batches, waits for `gate` and answers with the number it was given."""

    max_batch = 8

    def __init__(self) -> None:
        self.batches: list[list[Encoded]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def run(self, batch: Sequence[Encoded]) -> list[Prediction]:
        self.batches.append(list(batch))
        self.entered.set()
        assert self.gate.wait(timeout=120)
        return [Prediction({}, item.ids[0] / 1000, False, "none", 1) for item in batch]


class Failing(Recorder):
    def run(self, batch: Sequence[Encoded]) -> list[Prediction]:
        raise RuntimeError("the runtime is broken")


@pytest.fixture
async def batcher() -> AsyncIterator[Batcher]:
    batcher = Batcher(lanes=1, deadline_s=120)
    batcher.start()
    yield batcher
    await batcher.stop()


async def held(batcher: Batcher, session: Recorder) -> asyncio.Task[Prediction]:
    """Occupy the lane."""
    session.gate.clear()
    session.entered.clear()
    task = asyncio.create_task(batcher.submit(session, text(0)))
    assert await asyncio.to_thread(session.entered.wait, 120)
    return task


async def test_everyone_gets_their_own_answer(batcher: Batcher) -> None:
    session = Recorder()
    answers = await asyncio.gather(*(batcher.submit(session, text(n, 16 * (1 + n % 3))) for n in range(100)))
    assert [round(answer.score * 1000) for answer in answers] == list(range(100))
    assert all(len(batch) <= 8 and len({item.bucket for item in batch}) == 1 for batch in session.batches)


async def test_what_waits_goes_together(batcher: Batcher) -> None:
    session = Recorder()
    first = await held(batcher, session)
    rest = [asyncio.create_task(batcher.submit(session, text(n))) for n in range(1, 9)]
    await asyncio.sleep(0)
    session.gate.set()
    await asyncio.gather(first, *rest)
    assert [len(batch) for batch in session.batches] == [1, 8]


async def test_two_sessions_never_share_a_batch(batcher: Batcher) -> None:
    old, new = Recorder(), Recorder()
    first = await held(batcher, old)
    rest = [asyncio.create_task(batcher.submit(session, text(1))) for session in (old, new, old, new)]
    await asyncio.sleep(0)
    old.gate.set()
    await asyncio.gather(first, *rest)
    assert ([len(b) for b in old.batches], [len(b) for b in new.batches]) == ([1, 2], [2])


async def test_past_the_bound_it_refuses_with_a_time(batcher: Batcher) -> None:
    session = Recorder()
    first = await held(batcher, session)
    waiting = []
    with pytest.raises(QueueFull) as refusal:
        for number in range(10_000):
            waiting.append(asyncio.create_task(batcher.submit(session, text(number))))
            await asyncio.sleep(0)
            if batcher.estimated_wait() > 2.0:
                await batcher.submit(session, text(1))
    assert refusal.value.retry_after >= 1
    session.gate.set()
    assert len(await asyncio.gather(first, *waiting)) == len(waiting) + 1


async def test_a_failing_model_is_named_and_the_lane_lives_on(batcher: Batcher) -> None:
    with pytest.raises(ModelUnavailable, match="model_failed"):
        await batcher.submit(Failing(), text(1))
    assert (await batcher.submit(Recorder(), text(7))).score == pytest.approx(0.007)


async def test_nobody_waits_past_the_deadline() -> None:
    batcher = Batcher(lanes=1, deadline_s=0.05)
    batcher.start()
    session = Recorder()
    session.gate.clear()
    while not session.entered.is_set():  # a busy machine comes to it too late: then it is asked again
        with pytest.raises(ModelUnavailable, match="model_slow"):
            await batcher.submit(session, text(0))
    with pytest.raises(ModelUnavailable, match=r"model_slow|model_stuck"):
        await batcher.submit(session, text(2))
    session.gate.set()
    await batcher.stop()
    assert all(item.ids != (2,) for batch in session.batches for item in batch)


async def test_work_that_nobody_waits_for_is_dropped(batcher: Batcher) -> None:
    session = Recorder()
    first = await held(batcher, session)
    gone = asyncio.create_task(batcher.submit(session, text(5)))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    session.gate.set()
    await first
    await batcher.submit(session, text(6))
    assert all(item.ids != (5,) for batch in session.batches for item in batch)
