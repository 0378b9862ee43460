"""Who may ask: keys, scopes, revocation within seconds, rates."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from inference.models import ScoreLog
from inference.serving import keys
from pixelhub.accounts import rates
from pixelhub.accounts.models import ApiKey
from pixelhub.accounts.services import api_key_create, api_key_revoke, user_set_active
from tests.inference.conftest import user_says
from tests.personas import World


def make_key(world: World, **changes: Any) -> tuple[ApiKey, str]:
    options = {"project": world.project, "name": "k", "scopes": ["score", "batch"], "actor": world.user("ml_engineer")}
    return api_key_create(**{**options, **changes})


@pytest.fixture
def expired(world: World) -> str:
    return make_key(world, expires_at=timezone.now() - timedelta(seconds=1))[1]


@pytest.fixture
def other_scope(world: World) -> str:
    return make_key(world, scopes=["read"])[1]


@pytest.fixture
def of_beta(world: World) -> str:
    return make_key(world, project=world.other_project, actor=world.outsider("ml_engineer"))[1]


@pytest.fixture
def slow_key(world: World) -> str:
    return make_key(world, rate_per_minute=3)[1]


class Clock:
    """A clock that a test moves by hand, at the beginning of a minute."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(keys, "time", clock)
    monkeypatch.setattr(rates, "time", clock)
    return clock


async def ask(client: httpx.AsyncClient, token: str, path: str = "/infer", body: Any = None) -> httpx.Response:
    return await client.post(path, json=body or user_says("hello"), headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    "header",
    [
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer phk_unknown_secret"},
        {"authorization": "Basic dXNlcjpwYXNz"},
        {"authorization": "", "x-api-key": "phk_x"},
        {"authorization": "Bearer " + "x" * 5000},
        {"authorization": "Bearer phk_\xff_\xff"},
    ],
    ids=["none", "bare", "unknown", "basic", "short", "huge", "latin"],
)
async def test_without_a_valid_key(client: httpx.AsyncClient, header: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in header.items()}
    response = await client.post("/infer", json=user_says("hello"), headers=raw)
    assert (response.status_code, response.json()["code"]) == (401, "bad_key")
    assert "Bearer" in response.headers["www-authenticate"]
    assert await asyncio.to_thread(ScoreLog.objects.count) == 0


async def test_either_header_carries_the_key(client: httpx.AsyncClient, token: str) -> None:
    response = await client.post("/infer", json=user_says("hello"), headers={"authorization": "", "x-api-key": token})
    assert response.status_code == 200


async def test_an_expired_key_is_refused(client: httpx.AsyncClient, expired: str) -> None:
    assert (await ask(client, expired)).status_code == 401


async def test_a_key_without_the_scope_is_refused(client: httpx.AsyncClient, other_scope: str) -> None:
    response = await ask(client, other_scope)
    assert (response.status_code, response.json()["code"]) == (403, "bad_scope")


async def test_a_key_scores_in_its_own_project(client: httpx.AsyncClient, of_beta: str, world: World) -> None:
    answer = (await ask(client, of_beta)).json()
    row = await asyncio.to_thread(lambda: ScoreLog.objects.get(pk=answer["id"]))
    assert row.project_id == world.other_project.pk


async def test_a_revoked_key_is_refused_within_five_seconds(
    client: httpx.AsyncClient, token: str, clock: Clock
) -> None:
    assert (await ask(client, token)).status_code == 200
    key = await asyncio.to_thread(lambda: ApiKey.objects.select_related("project", "created_by").get())
    await asyncio.to_thread(lambda: api_key_revoke(key=key, actor=key.created_by))
    clock.now += 5
    assert (await ask(client, token)).status_code == 401


async def test_a_key_of_a_disabled_person_is_refused(client: httpx.AsyncClient, token: str, clock: Clock) -> None:
    assert (await ask(client, token)).status_code == 200
    key = await asyncio.to_thread(lambda: ApiKey.objects.select_related("created_by").get())
    await asyncio.to_thread(lambda: user_set_active(user=key.created_by, active=False, actor=key.created_by))
    clock.now += 5
    assert (await ask(client, token)).status_code == 401


async def test_past_its_rate_a_key_waits(client: httpx.AsyncClient, slow_key: str, clock: Clock) -> None:
    statuses = [(await ask(client, slow_key)).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = await ask(client, slow_key)
    assert refused.json()["code"] == "rate_limited"
    clock.now += int(refused.headers["retry-after"])
    assert (await ask(client, slow_key)).status_code == 200


async def test_a_batch_costs_as_much_as_its_items(client: httpx.AsyncClient, slow_key: str, clock: Clock) -> None:
    body = {"conversations": [user_says("hello")] * 3}
    assert (await ask(client, slow_key, "/api/v1/crisis/batch", body)).status_code == 200
    assert (await ask(client, slow_key)).status_code == 429
