"""Many conversations in one request: in order, as they are done, each refused one in its place."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from typing import Any

import httpx
import orjson
import pytest

from inference.asgi import ScoringApplication
from inference.engine.session import Encoded, ModelSession, Prediction
from inference.models import ScoreLog
from inference.serving import batches
from inference.serving.registry import Registry
from tests.inference.conftest import user_says
from tests.inference.deployed import deploy
from tests.personas import World

PATH = "/api/v1/crisis/batch"
LINES = {"content-type": "application/x-ndjson"}
TYPES = {"doom": "immediate_harm", "calm": "none", "worry": "panic"}


class Held(ModelSession):
    """The real session; words other than "calm" wait until they are released."""

    release = threading.Event()

    def run(self, batch: Sequence[Encoded]) -> list[Prediction]:
        predictions = super().run(batch)
        assert all(not p.crisis for p in predictions) or self.release.wait(timeout=120)
        return predictions


@pytest.fixture(autouse=True)
def signed(world: World) -> None:
    deploy(world)


def lines_of(texts: Sequence[str]) -> bytes:
    return b"".join(orjson.dumps(user_says(text)) + b"\n" for text in texts)


async def test_a_document_is_answered_in_order_with_each_refusal_in_its_place(client: httpx.AsyncClient) -> None:
    texts = ["doom", "calm", "worry"] * 12
    items: list[Any] = [user_says(text) for text in texts]
    items[4] = {"text": 5}
    items[7] = "no object"
    response = await client.post(PATH, json={"conversations": items})
    body = response.json()
    assert (body["schema"], body["count"], body["refused"]) == ("pixelhub.batch/1", 36, 2)
    assert body["request_id"] == response.headers["x-request-id"]
    assert [result["index"] for result in body["results"]] == list(range(36))
    for number, (text, result) in enumerate(zip(texts, body["results"], strict=True)):
        if number in (4, 7):
            assert result["problem"]["status"] == 422
            assert result["problem"]["detail"].startswith(f"conversations[{number}]: ")
            assert "verdict" not in result
        else:
            assert result["crisis_type"] == TYPES[text]
    assert await asyncio.to_thread(ScoreLog.objects.filter(degraded=False).count) >= 12


@pytest.mark.parametrize(
    ("accept", "as_lines"),
    [("*/*", True), ("application/json", False), ("application/x-ndjson", True)],
)
async def test_lines_are_answered_in_lines_unless_a_document_is_wanted(
    client: httpx.AsyncClient, accept: str, as_lines: bool
) -> None:
    content = lines_of(["doom", "calm"]) + b"\n  \n" + b'{"text": "worry"' + b"\n" + lines_of(["worry"]).strip()
    response = await client.post(PATH, content=content, headers={**LINES, "accept": accept})
    assert response.status_code == 200
    if as_lines:
        assert response.headers["content-type"] == "application/x-ndjson"
        results = [json.loads(line) for line in response.text.splitlines()]
    else:
        results = response.json()["results"]
    assert [result.get("crisis_type") for result in results] == ["immediate_harm", "none", None, "panic"]
    assert results[2]["problem"]["code"] == "bad_json"
    assert results[2]["problem"]["detail"].startswith("line 5: ")


async def test_a_document_may_be_answered_in_lines(client: httpx.AsyncClient) -> None:
    headers = {"accept": "application/x-ndjson"}
    response = await client.post(PATH, json={"conversations": [user_says("doom"), {}]}, headers=headers)
    first, second = (json.loads(line) for line in response.text.splitlines())
    assert (first["crisis_type"], second["problem"]["code"]) == ("immediate_harm", "bad_shape")


async def test_more_than_a_document_holds_goes_in_lines(client: httpx.AsyncClient) -> None:
    texts = ["doom", "calm", "worry"] * 50
    response = await client.post(PATH, content=lines_of(texts), headers=LINES)
    assert [json.loads(line)["crisis_type"] for line in response.text.splitlines()] == [TYPES[t] for t in texts]


class Wire:
    """A request over bare ASGI: its body is given piece by piece, what is sent can be waited for."""

    def __init__(self, application: ScoringApplication, token: str, kind: str = "application/x-ndjson") -> None:
        headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", kind.encode())]
        self._scope = {"type": "http", "method": "POST", "path": PATH, "headers": headers}
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task = asyncio.create_task(application(self._scope, self._incoming.get, self._sent.put))

    def give(self, body: bytes, *, more: bool = True) -> None:
        self._incoming.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def hang_up(self) -> None:
        self._incoming.put_nowait({"type": "http.disconnect"})

    async def line(self) -> dict[str, Any]:
        """The next line of the answer."""
        async with asyncio.timeout(120):
            while True:
                message = await self._sent.get()
                if message.get("body"):
                    return dict(json.loads(message["body"]))


@pytest.fixture
async def held(application: ScoringApplication, models: Registry, world: World) -> Any:
    await application.startup()
    served = models.served(world.project.pk)
    assert served and served.session
    served.session.__class__ = Held
    Held.release.clear()
    yield
    Held.release.set()


async def test_first_results_leave_before_the_last_is_scored(
    application: ScoringApplication, token: str, held: Any
) -> None:
    wire = Wire(application, token)
    wire.give(lines_of(["calm", "calm"]))
    wire.give(lines_of(["doom"])[:10])
    assert [(await wire.line())["crisis_type"] for _ in range(2)] == ["none", "none"]
    wire.give(lines_of(["doom"])[10:], more=False)
    assert not wire.task.done()
    Held.release.set()
    assert (await wire.line())["crisis_type"] == "immediate_harm"
    await wire.task


async def test_a_client_that_hangs_up_ends_its_batch(
    application: ScoringApplication, token: str, held: Any, world: World
) -> None:
    wire = Wire(application, token)
    wire.give(lines_of(["calm", *["doom calm"] * 200]), more=False)
    assert (await wire.line())["index"] == 0
    wire.hang_up()
    Held.release.set()
    async with asyncio.timeout(120):
        await wire.task
    await application.shutdown()
    assert await asyncio.to_thread(ScoreLog.objects.count) < 100


async def test_live_conversations_go_before_a_batch(
    application: ScoringApplication, client: httpx.AsyncClient, token: str
) -> None:
    service = await application.startup()
    wires = [Wire(application, token) for _ in range(4)]
    for wire in wires:
        # so many that even a machine that lets the live one wait for its thread is not through with them
        wire.give(lines_of(["calm"] * 3000), more=False)
    for wire in wires:
        await wire.line()
    answer = (await client.post("/infer", json=user_says("calm"))).json()
    assert answer["degraded"] is False
    assert not any(wire.task.done() for wire in wires)
    for wire in wires:
        wire.hang_up()
    await asyncio.gather(*(wire.task for wire in wires))
    assert service.batcher.estimated_wait() == 0


async def test_too_many_batches_at_a_time_are_told_when_to_come_back(
    application: ScoringApplication, client: httpx.AsyncClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.serving.service._BATCHES_AT_ONCE", 1)
    wire = Wire(application, token)
    wire.give(lines_of(["calm"]))
    await wire.line()
    response = await client.post(PATH, json={"conversations": [user_says("calm")]})
    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert response.json()["retry_after"] == int(response.headers["retry-after"])
    wire.give(b"", more=False)
    await wire.task
    assert (await client.post(PATH, json={"conversations": [user_says("calm")]})).status_code == 200


async def test_lines_have_bounds(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await client.post(PATH, content=b" \n\n", headers=LINES)).json()["code"] == "empty"
    monkeypatch.setattr(batches, "MAX_LINES", 3)
    monkeypatch.setattr(batches, "MAX_BODY_BYTES", 500)
    long = orjson.dumps(user_says("calm " * 200)) + b"\n"
    response = await client.post(PATH, content=long + lines_of(["calm"] * 9), headers=LINES)
    results = [json.loads(line) for line in response.text.splitlines()]
    assert results[0]["problem"]["code"] == "too_large"
    assert results[1]["crisis_type"] == "none"
    assert results[-1]["problem"]["status"] == 413
