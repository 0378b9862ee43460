"""When the model is slow, broken or busy, the rules answer and say so; when the rules break, the model does."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from inference.asgi import ScoringApplication
from inference.engine.batcher import Batcher
from inference.engine.session import Encoded, ModelSession, Prediction
from inference.serving import scoring
from inference.serving.registry import Registry
from inference.serving.service import ScoringService
from tests.inference.conftest import user_says
from tests.inference.deployed import deploy
from tests.personas import World

CRISIS_WORDS = "I am going to kill myself tonight, the pills are in front of me."


class Broken(ModelSession):
    """The real session, whose runtime fails."""

    def run(self, batch: Sequence[Encoded]) -> list[Prediction]:
        raise RuntimeError("out of memory")


class Stuck(ModelSession):
    """The real session, whose runtime does not come back until it is released."""

    release = threading.Event()

    def run(self, batch: Sequence[Encoded]) -> list[Prediction]:
        assert self.release.wait(timeout=120)
        return super().run(batch)


@pytest.fixture
def deployed(world: World) -> None:
    deploy(world)


@pytest.fixture
async def service(application: ScoringApplication, deployed: None) -> ScoringService:
    return await application.startup()


def exchange(models: Registry, world: World, kind: type[ModelSession]) -> None:
    """Let the project's loaded session behave as another kind does."""
    served = models.served(world.project.pk)
    assert served and served.session
    served.session.__class__ = kind


async def test_a_broken_model(
    client: httpx.AsyncClient, service: ScoringService, models: Registry, world: World
) -> None:
    exchange(models, world, Broken)
    crisis = (await client.post("/infer", json=user_says(CRISIS_WORDS))).json()
    calm = (await client.post("/infer", json=user_says("calm"))).json()
    assert (crisis["verdict"], crisis["degraded"], crisis["reason"]) == ("crisis", True, "model_failed")
    assert (calm["verdict"], calm["crisis"], calm["alert_level"]) == ("unknown", None, "concern")


@pytest.fixture
async def impatient(service: ScoringService) -> AsyncIterator[ScoringService]:
    """The service with a deadline that a test can wait for; ends with the stuck lanes released."""
    await service.batcher.stop()
    service.batcher = Batcher(deadline_s=0.05)
    service.batcher.start()
    Stuck.release.clear()
    yield service
    Stuck.release.set()


async def test_a_slow_model(
    client: httpx.AsyncClient, impatient: ScoringService, models: Registry, world: World
) -> None:
    exchange(models, world, Stuck)
    answers = await asyncio.gather(*(client.post("/infer", json=user_says(CRISIS_WORDS)) for _ in range(8)))
    for answer in answers:
        assert answer.status_code == 200
        assert answer.json()["reason"] in {"model_slow", "model_stuck"}
        assert (answer.json()["crisis"], answer.json()["degraded"]) == (True, True)


async def test_past_the_queue_bound_it_says_when_to_come_back(
    client: httpx.AsyncClient, service: ScoringService
) -> None:
    await service.batcher.stop()
    service.batcher = Batcher(max_wait_s=-1)
    service.batcher.start()
    response = await client.post("/infer", json=user_says("doom"))
    assert (response.status_code, response.json()["code"]) == (503, "overloaded")
    assert int(response.headers["retry-after"]) >= 1


async def test_broken_rules_degrade_but_do_not_silence(
    client: httpx.AsyncClient,
    service: ScoringService,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(messages: Any) -> None:
        raise ValueError(messages[0]["content"])

    monkeypatch.setattr(scoring, "find", broken)
    with caplog.at_level(logging.DEBUG):
        doom = (await client.post("/infer", json=user_says("doom"))).json()
        calm = (await client.post("/infer", json=user_says("calm canary-text"))).json()
    assert (doom["verdict"], doom["degraded"], doom["reason"]) == ("crisis", True, "rules_failed")
    assert calm["verdict"] == "unknown"
    assert "canary-text" not in caplog.text


async def test_a_database_that_fails_does_not_silence_a_crisis(
    client: httpx.AsyncClient, service: ScoringService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(**_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("inference.serving.writer.DURABLE_WAIT_S", 0.05)
    monkeypatch.setattr("inference.serving.writer.score_log_write", unreachable)
    answer = (await client.post("/infer", json=user_says(CRISIS_WORDS))).json()
    assert (answer["crisis"], answer["recorded"]) == (True, False)
    monkeypatch.undo()
