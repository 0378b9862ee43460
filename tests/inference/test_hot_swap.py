"""A new deployment takes over while requests run: none is dropped, none is answered by the rules."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from django.db import OperationalError

from inference.asgi import ScoringApplication
from inference.models import Deployment
from inference.services import deployment_activate, deployment_retire
from inference.serving.registry import Registry
from pixelhub.accounts.models import User
from tests.inference.conftest import user_says
from tests.inference.deployed import deploy, register, sign
from tests.personas import World
from training_app.models import ModelVersion


@pytest.fixture
def first(world: World) -> Deployment:
    return deploy(world, "1.0.0")


def activate_unlocked(world: World, successor: ModelVersion, envelope: dict[str, Any]) -> None:
    """Activate beside running writers. The in-memory SQLite of a test run refuses where files and PostgreSQL wait."""
    deadline = time.monotonic() + 120
    while True:
        try:
            deployment_activate(project=world.project, model_version=successor, signoff=envelope, actor=None)
            return
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise


async def test_no_request_is_dropped(
    world: World, first: Deployment, client: httpx.AsyncClient, application: ScoringApplication, models: Registry
) -> None:
    service = await application.startup()
    successor = await asyncio.to_thread(register, world, "1.1.0", threshold=0.3)
    envelope = await asyncio.to_thread(lambda: sign(successor, world.user("clinical_lead")))
    answers: list[dict[str, object]] = []
    done = asyncio.Event()

    async def keep_asking() -> None:
        while not done.is_set():
            response = await client.post("/infer", json=user_says("worry calm"))
            assert response.status_code == 200
            answers.append(response.json())

    askers = [asyncio.create_task(keep_asking()) for _ in range(4)]
    while len(answers) < 8:
        await asyncio.sleep(0)
    await asyncio.to_thread(activate_unlocked, world, successor, envelope)
    async with asyncio.timeout(180):
        while (served := models.served(world.project.pk)) is None or served.model_version != "1.1.0":
            await service.database.run(models.refresh)
    asked = len(answers)
    while len(answers) < asked + 20:
        await asyncio.sleep(0)
    done.set()
    await asyncio.gather(*askers)
    assert not any(answer["degraded"] for answer in answers)
    assert {answer["model_version"] for answer in answers} == {"1.0.0", "1.1.0"}
    assert answers[-1]["model_version"] == "1.1.0"


async def test_after_retirement_the_rules_answer(
    world: World, first: Deployment, client: httpx.AsyncClient, application: ScoringApplication, models: Registry
) -> None:
    service = await application.startup()
    assert (await client.post("/infer", json=user_says("doom"))).json()["degraded"] is False
    await asyncio.to_thread(lambda: deployment_retire(deployment=first, actor=None))
    await service.database.run(models.refresh)
    answer = (await client.post("/infer", json=user_says("doom"))).json()
    assert (answer["degraded"], answer["reason"]) == (True, "no_deployment")


async def test_a_refused_successor_is_not_served_and_says_why(
    world: World, first: Deployment, client: httpx.AsyncClient, application: ScoringApplication, models: Registry
) -> None:
    service = await application.startup()

    def replace_past_the_services() -> None:
        version = register(world, "1.1.0", threshold=0.3)
        Deployment.objects.filter(pk=first.pk).update(retired_at=first.activated_at)
        Deployment.objects.create(
            project=world.project, model_version=version, bundle_sha256=version.bundle_sha256, signoff=first.signoff
        )

    await asyncio.to_thread(replace_past_the_services)
    await service.database.run(models.refresh)
    answer = (await client.post("/infer", json=user_says("doom"))).json()
    assert answer["degraded"] is True
    assert answer["reason"].startswith("refused: digest:")


def test_rolling_back_is_activating_the_former_again(world: World) -> None:
    actor: User = world.user("ml_engineer")
    old = deploy(world, "1.0.0")
    deploy(world, "1.1.0", threshold=0.3)
    envelope = sign(old.model_version, world.user("clinical_lead"))
    back = deployment_activate(project=world.project, model_version=old.model_version, signoff=envelope, actor=actor)
    assert back.pk != old.pk
    assert list(Deployment.objects.filter(retired_at=None)) == [back]
