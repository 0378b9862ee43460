"""Answers of models kept in Redis: the same as asked anew, without text, and none that this hub did not write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
import redis

from inference.asgi import ScoringApplication
from inference.engine.session import Encoded, ModelSession, Prediction
from inference.serving import cache as caching
from inference.serving.cache import PredictionCache
from inference.serving.registry import Registry
from tests.inference.conftest import user_says
from tests.inference.deployed import deploy
from tests.personas import World

LABELS = 7
PROBABILITIES = (0.1, 0.2, 0.3, 0.1, 0.1, 0.1, 0.1)


class Counted(ModelSession):
    """The real session, counting what it computes."""

    computed = 0

    def run(self, batch: Sequence[Encoded]) -> list[Prediction]:
        Counted.computed += len(batch)
        return super().run(batch)


@pytest.fixture
def store(redis_url: str) -> Any:
    """The Redis itself, emptied of this test's keys."""
    client = redis.Redis.from_url(redis_url)
    for key in client.scan_iter("pixelhub:prediction:*"):
        client.delete(key)
    return client


@pytest.fixture
def patient_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no Redis that does not answer."""
    monkeypatch.setattr(caching, "WAIT_S", 60.0)
    monkeypatch.setattr(caching, "STORE_S", 60.0)


@pytest.fixture
async def cache(patient_cache: None, redis_url: str, store: Any) -> AsyncIterator[PredictionCache]:
    cache = PredictionCache(redis_url, seconds=60, secret="one")
    yield cache
    await cache.close()


async def stored(cache: PredictionCache, text: str = "calm") -> None:
    cache.put("a" * 64, text, PROBABILITIES, 3)
    await asyncio.gather(*cache._storing)


@pytest.fixture
def cached_hub(patient_cache: None, redis_url: str, store: Any, settings: Any, world: World) -> None:
    settings.SCORE_CACHE_URL = redis_url
    deploy(world)


async def test_the_model_is_asked_once_and_the_rules_each_time(
    cached_hub: None,
    application: ScoringApplication,
    client: httpx.AsyncClient,
    models: Registry,
    world: World,
    store: Any,
) -> None:
    service = await application.startup()
    served = models.served(world.project.pk)
    assert served and served.session
    served.session.__class__ = Counted
    Counted.computed = 0
    text = "doom zebra-canary-7 I am going to kill myself tonight"
    answers = []
    for _ in range(3):
        answers.append((await client.post("/infer", json=user_says(text))).json())
        assert service.cache
        await asyncio.gather(*service.cache._storing)
    for own in ("id", "evidence_id", "latency_ms", "request_id", "case_id"):
        for answer in answers:
            answer.pop(own, None)
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["signals"]
    assert (Counted.computed, service.cache.hits) == (1, 2)
    assert (await client.get("/readyz")).json()["score_cache"] == "ok"
    raw = b"".join(key + store.get(key) for key in store.scan_iter("pixelhub:prediction:*"))
    assert raw
    assert b"zebra" not in raw
    assert answers[0]["content_hash"].removeprefix("sha256:").encode() not in raw
    assert 0 < store.ttl(next(store.scan_iter("pixelhub:prediction:*"))) <= 3600


async def test_texts_cases_and_versions_do_not_mix(cache: PredictionCache) -> None:
    await stored(cache)
    assert await cache.get("a" * 64, "calm", labels=LABELS) == (PROBABILITIES, 3)
    assert await cache.get("a" * 64, "Calm", labels=LABELS) is None
    assert await cache.get("b" * 64, "calm", labels=LABELS) is None
    assert await cache.get("a" * 64, "calm", labels=6) is None


async def test_what_another_wrote_is_not_believed(cache: PredictionCache, store: Any, redis_url: str) -> None:
    await stored(cache)
    (key,) = store.scan_iter("pixelhub:prediction:*")
    value = store.get(key)
    for forged in (value[:-1] + b"\x01", value[:16] + bytes(len(value) - 16), b"", b"x", value + b"x"):
        store.set(key, forged)
        assert await cache.get("a" * 64, "calm", labels=LABELS) is None
    await stored(cache, "doom")
    (other,) = (k for k in store.scan_iter("pixelhub:prediction:*") if k != key)
    store.set(key, store.get(other))
    assert await cache.get("a" * 64, "calm", labels=LABELS) is None
    stranger = PredictionCache(redis_url, seconds=60, secret="another")
    assert await stranger.get("a" * 64, "doom", labels=LABELS) is None
    await stranger.close()


async def test_a_redis_that_hangs_costs_one_short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    cache = PredictionCache(f"redis://127.0.0.1:{port}/0", seconds=60, secret="one")
    async with asyncio.timeout(60):
        assert await cache.get("a" * 64, "calm", labels=LABELS) is None
    assert cache.state == "failing"
    cache.put("a" * 64, "calm", PROBABILITIES, 3)
    assert not cache._storing
    await cache.close()
    server.close()
