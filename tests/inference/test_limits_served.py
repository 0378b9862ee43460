"""What a program is told about its limits, and how they hold across processes."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from inference.serving.database import DatabaseThreads
from inference.serving.http import Problem
from inference.serving.limits import LeasesRest, Limiter
from pixelhub.accounts.keys import api_key_create
from pixelhub.accounts.models import ApiKeyUsage
from pixelhub.accounts.rates import Limits
from tests.inference import limit_acts
from tests.inference.conftest import user_says
from tests.personas import World
from tests.races import in_database, run_race

ACTS = "tests.inference.limit_acts"
pytestmark = pytest.mark.usefixtures("still_clock")


@pytest.fixture
def small(world: World) -> str:
    """A key that may score five conversations a day, and read its own figures."""
    return api_key_create(
        project=world.project,
        name="small",
        scopes=["score", "batch", "read"],
        actor=world.user("ml_engineer"),
        quota_per_day=5,
    )[1]


async def ask(client: httpx.AsyncClient, token: str, path: str = "/infer", body: Any = None) -> httpx.Response:
    return await client.post(path, json=body or user_says("hello"), headers={"authorization": f"Bearer {token}"})


async def test_every_answer_says_where_the_limits_stand(client: httpx.AsyncClient, small: str) -> None:
    headers = (await ask(client, small)).headers
    assert headers["ratelimit-policy"] == '"minute";q=600;w=60, "day";q=5;w=86400'
    assert re.fullmatch(r'"minute";r=599;t=\d+, "day";r=4;t=\d+', headers["ratelimit"])


async def test_past_its_quota_a_key_is_told_when_to_come_back(client: httpx.AsyncClient, small: str) -> None:
    batch = {"conversations": [user_says("hello")] * 3}
    assert (await ask(client, small, "/api/v1/crisis/batch", batch)).status_code == 200
    refused = await ask(client, small, "/api/v1/crisis/batch", batch)
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_used_up")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert [(await ask(client, small)).status_code for _ in range(3)] == [200, 200, 429]
    assert '"day";r=0' in (await ask(client, small)).headers["ratelimit"]


async def test_a_batch_that_no_wait_would_allow_is_refused_for_good(client: httpx.AsyncClient, small: str) -> None:
    batch = {"conversations": [user_says("hello")] * 6}
    refused = await ask(client, small, "/api/v1/crisis/batch", batch)
    assert (refused.status_code, refused.json()["code"]) == (422, "over_limit")
    assert "retry-after" not in refused.headers


async def test_a_key_reads_its_own_usage(client: httpx.AsyncClient, small: str, token: str) -> None:
    await ask(client, small)
    await ask(client, small, body={"text": 5})
    await ask(client, token)
    shown = (await client.get("/api/v1/usage", headers={"authorization": f"Bearer {small}"})).json()
    assert shown["scopes"] == ["batch", "read", "score"]
    assert [(row["period"], row["limit"]) for row in shown["limits"]] == [("minute", 600), ("day", 5)]
    assert (len(shown["days"]), shown["days"][-1]["requests"], shown["days"][-1]["conversations"]) == (30, 2, 1)
    assert shown["days"][-1]["errors"] == 1
    assert await asyncio.to_thread(ApiKeyUsage.objects.count) == 2


@pytest.mark.parametrize(("path", "scope"), [("/api/v1/model", "model"), ("/api/v1/usage", "read")])
async def test_each_address_asks_for_its_scope(client: httpx.AsyncClient, world: World, path: str, scope: str) -> None:
    def make(scopes: list[str]) -> str:
        return api_key_create(project=world.project, name=scope, scopes=scopes, actor=world.user("ml_engineer"))[1]

    without, having = [await asyncio.to_thread(make, scopes) for scopes in (["score"], [scope])]
    statuses = [
        (await client.get(path, headers={"authorization": f"Bearer {key}"})).status_code for key in (without, having)
    ]
    assert statuses == [403, 200]


async def test_minutes_in_redis_are_shared_and_fall_back_to_the_database(
    world: World, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _ = await asyncio.to_thread(
        lambda: api_key_create(project=world.project, name="r", scopes=["score"], actor=world.user("ml_engineer"))
    )
    limits = Limits.of(key.pk, per_minute=10)
    monkeypatch.setattr(limit_acts.served, "time", limit_acts.STILL)
    # A busy machine is no Redis that does not answer.
    monkeypatch.setattr(limit_acts.served, "_REDIS_WAIT_S", 30.0)
    database = DatabaseThreads()
    processes = [Limiter(database, redis_url), Limiter(database, redis_url)]

    async def spend(which: int) -> bool:
        try:
            await processes[which].spend(limits)
        except Problem as problem:
            assert problem.status == 429
            return False
        return True

    taken = await asyncio.gather(*(spend(number % 2) for number in range(30)))
    assert sum(taken) == 10
    assert '"minute";r=0' in processes[0].headers(limits)["ratelimit"]
    lonely = Limiter(database, "redis://127.0.0.1:1/0")
    await lonely.spend(limits)
    for limiter in (*processes, lonely):
        await limiter.stop()
    await database.close()


async def test_a_database_that_hangs_is_waited_for_once_and_not_by_everybody_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limit_acts.served, "_LEASE_WAIT_S", 0.05)
    asked = 0

    class Hanging(DatabaseThreads):
        async def run(self, work: Any) -> Any:
            nonlocal asked
            asked += 1
            await asyncio.Event().wait()

    database = Hanging()
    limiter, limits = Limiter(database), Limits(1, (("minute", 10),))
    waited = await asyncio.gather(*(limiter.spend(limits) for _ in range(20)), return_exceptions=True)
    assert [type(one) for one in waited] == [TimeoutError, *[LeasesRest] * 19]
    assert asked == 1
    monkeypatch.setattr(limit_acts.served, "_LEASE_REST_S", 0.0)
    limiter._rests_until = 0.0
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await limiter.spend(limits)
    assert asked == 3
    await database.close()


async def test_an_answer_of_redis_that_comes_late_does_not_say_that_more_is_left(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit_acts.served, "time", limit_acts.STILL)
    minutes = limit_acts.served.RedisMinutes(redis_url)
    answers = iter((3, 7, -1))

    async def take(**_: object) -> int:
        return next(answers)

    monkeypatch.setattr(minutes, "_take", take)
    await minutes.spend(1, 10, 1)
    await minutes.spend(1, 10, 1)
    assert minutes.left(1) == 3
    await minutes.spend(1, 10, 1)
    assert minutes.left(1) == 0
    await minutes.close()


def test_services_at_once_share_one_limit(database_url: str, tmp_path: Path) -> None:
    key_id = in_database(database_url, tmp_path, "tests.accounts.race_acts:key_made")
    allowed = run_race(database_url, tmp_path, f"{ACTS}:ask_often", [[key_id, 60, 100], [key_id, 60, 100]])
    assert sum(allowed) == 60, "each gave back its lease at the end of its turn"


def test_services_at_once_share_one_redis(sqlite_url: str, redis_url: str, tmp_path: Path) -> None:
    key_id = 10**9 + os.getpid()
    asked = [[key_id, 60, 100, redis_url]] * 3
    assert sum(run_race(sqlite_url, tmp_path, f"{ACTS}:ask_redis_often", asked)) == 60
