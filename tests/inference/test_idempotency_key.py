"""A program's retry after a lost answer: the same answer, one score row, whatever was killed in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from inference.engine.conversation import Conversation
from inference.models import IdempotentAnswer, ScoreLog
from inference.services import idempotency as kept
from inference.services.idempotency import Request, answers_forget, answers_keep, request_look_up
from inference.serving import idempotency as serving
from pixelhub.accounts.keys import api_key_create
from tests.inference.conftest import user_says
from tests.personas import World
from tests.races import in_database, run_race

CANARY = "zebra-canary-7"
BATCH = "/api/v1/crisis/batch"
ACTS = "tests.inference.idempotency_acts"


async def send(
    client: httpx.AsyncClient, body: Any, *, key: str = "k-1", path: str = "/infer", token: str = ""
) -> httpx.Response:
    headers = {"idempotency-key": key} | ({"authorization": f"Bearer {token}"} if token else {})
    return await client.post(path, json=body, headers=headers)


async def rows() -> int:
    return await asyncio.to_thread(ScoreLog.objects.count)


async def test_the_same_request_again_gets_the_same_answer(client: httpx.AsyncClient) -> None:
    first, again = [await send(client, user_says(CANARY)) for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"
    assert await rows() == 1
    assert (await send(client, user_says(CANARY), key="k-2")).json()["id"] != first.json()["id"]


async def test_two_at_once_get_one_answer(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(send(client, user_says("hello")) for _ in range(12)))
    assert len({answer.content for answer in answers}) == 1
    assert await rows() == 1


async def test_a_batch_is_scored_once_with_its_refused_items(client: httpx.AsyncClient) -> None:
    body = {"conversations": [user_says("a"), {"text": 5}, user_says("b")]}
    first, again = [await send(client, body, path=BATCH) for _ in range(2)]
    assert first.content == again.content
    assert (first.json()["count"], first.json()["refused"], await rows()) == (3, 1, 2)
    assert len({result["id"] for result in first.json()["results"] if "id" in result}) == 2


@pytest.mark.parametrize("path", ["/infer", BATCH])
async def test_a_key_that_comes_with_something_else_is_refused(client: httpx.AsyncClient, path: str) -> None:
    def wrapped(text: str) -> Any:
        return user_says(text) if path == "/infer" else {"conversations": [user_says(text)]}

    assert (await send(client, wrapped("one"), path=path)).status_code == 200
    refused = await send(client, wrapped("two"), path=path)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert await rows() == 1
    assert (await send(client, user_says("one"), path="/api/v1/crisis/score")).status_code == 422, "another address"


async def test_a_refused_request_leaves_its_key_free(client: httpx.AsyncClient) -> None:
    assert (await send(client, {"text": 5})).status_code == 422
    assert (await send(client, user_says("now right"))).status_code == 200


@pytest.mark.parametrize("key", ["a b", "x" * 201, "caf\xe9"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, key: str) -> None:
    response = await client.post("/infer", json=user_says("x"), headers={"idempotency-key": key.encode("latin-1")})  # type: ignore[dict-item]
    assert (response.status_code, response.json()["code"]) == (400, "bad_idempotency_key")


async def test_lines_have_no_key(client: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": "k", "content-type": "application/x-ndjson"}
    response = await client.post(BATCH, content=b'{"text": "x"}\n', headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "bad_idempotency_key")


async def test_two_programs_may_use_the_same_key(client: httpx.AsyncClient, world: World) -> None:
    def make() -> str:
        actor = world.user("ml_engineer")
        return api_key_create(project=world.project, name="other", scopes=["score"], actor=actor)[1]

    other = await asyncio.to_thread(make)
    ids = {(await send(client, user_says("x"), token=token)).json()["id"] for token in ("", other)}
    assert len(ids) == 2


async def test_what_is_kept_has_neither_text_nor_key(client: httpx.AsyncClient) -> None:
    await send(client, user_says(CANARY), key="secret-of-the-client")
    row = await asyncio.to_thread(IdempotentAnswer.objects.get)
    answer = (await asyncio.to_thread(lambda: request_look_up(request=_asked(row)))).answer
    stored = " ".join(map(str, (row.key_hash, row.fingerprint, answer)))
    assert answer and CANARY not in stored and "secret-of-the-client" not in stored


def _asked(row: IdempotentAnswer) -> Request:
    return Request(row.api_key_id, row.key_hash, row.fingerprint)


async def test_a_process_killed_between_row_and_answer_leaves_nothing_to_double(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await send(client, user_says("doom"))
    await asyncio.to_thread(lambda: IdempotentAnswer.objects.all().delete())
    again = await send(client, user_says("doom"))
    assert (again.json()["id"], again.json()["score"]) == (first.json()["id"], first.json()["score"])
    assert await rows() == 1


async def test_after_a_day_a_key_is_new(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await send(client, user_says("hello"))
    monkeypatch.setattr(kept, "KEPT_FOR", timedelta(0))
    assert await asyncio.to_thread(answers_forget) == 1
    again = await send(client, user_says("hello"))
    assert again.status_code == 200 and again.json()["id"] != first.json()["id"]
    assert await rows() == 2


async def test_without_its_database_an_answer_is_still_given(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> Any:
        raise OSError

    monkeypatch.setattr(serving, "request_look_up", broken)
    monkeypatch.setattr(serving, "answers_keep", broken)
    ids = {(await send(client, user_says("hello"))).json()["id"] for _ in range(2)}
    assert len(ids) == 1 and await rows() == 1


def test_ids_follow_from_key_request_and_place() -> None:
    def ids(**changes: Any) -> set[object]:
        given = {"api_key_id": 1, "key": "k", "path": "/infer", "body": b"{}"} | changes
        request = Request.of(**given)
        return {request.score_id(0), request.score_id(1), request.score_id(0, generation=1)}

    variants = [ids(), ids(key="l"), ids(api_key_id=11), ids(path="/x"), ids(body=b"[]")]
    assert len(set.union(*variants)) == 15 and ids() == ids()
    assert Conversation((), (), "").score_id is None


def test_at_once_in_many_processes_one_answer_counts(database_url: str, tmp_path: Path) -> None:
    key_id = in_database(database_url, tmp_path, "tests.accounts.race_acts:key_made")
    counted = run_race(database_url, tmp_path, f"{ACTS}:keep_many", [[key_id, number] for number in range(4)])
    for place in range(30):
        seen = {tuple(answers[place]) for answers in counted}
        answers = {answer for answer, differs in seen if not differs}
        assert len(answers) == 1, "the one that was first is what everybody with that request gets"
    assert answers_of_two_requests(counted)


def answers_of_two_requests(counted: list[list[list[Any]]]) -> bool:
    """Racers 0 and 1 sent one request, 2 and 3 another with the same keys: one pair is refused at every key."""
    return all({answers[place][1] for answers in counted} == {True, False} for place in range(30))


def test_keeping_twice_returns_the_first(world: World) -> None:
    key, _ = api_key_create(project=world.project, name="k", scopes=["score"], actor=world.user("ml_engineer"))
    request = Request.of(api_key_id=key.pk, key="k", path="/infer", body=b"{}")
    answers = [answers_keep(answers=[(request, body)])[0].answer for body in (b"1", b"2")]
    assert answers == [b"1", b"1"]


async def test_a_turn_that_comes_again_has_one_place(client: httpx.AsyncClient) -> None:
    session = (await client.post("/api/v1/conversations", json={})).json()["session"]["id"]
    path, body = f"/api/v1/conversations/{session}/turns", {"turns": [{"role": "user", "content": "hello"}]}
    answers = await asyncio.gather(*(send(client, body, path=path) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200} and len({answer.content for answer in answers}) == 1
    await asyncio.to_thread(lambda: IdempotentAnswer.objects.all().delete())
    assert (await send(client, body, path=path)).status_code == 200, "killed before its answer was kept"
    assert (await client.get(f"/api/v1/conversations/{session}")).json()["session"]["turns"] == 1
