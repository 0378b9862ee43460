"""Bad requests get a 4xx with a reason that does not repeat them; never a 5xx, never a score row."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from inference.engine.conversation import MAX_BODY_BYTES, MAX_MESSAGE_CHARS, MAX_MESSAGES
from inference.models import ScoreLog
from tests.inference.conftest import user_says

CANARY = "zebra-canary-7"

BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "bad_json"),
    "not json": (b"messages=1", 400, "bad_json"),
    "not utf-8": (b'{"text": "\xff\xfe"}', 400, "bad_json"),
    "utf-16": ('{"text": "x"}'.encode("utf-16"), 400, "bad_json"),
    "byte order mark": (b"\xef\xbb\xbf" + b'{"text": "x"}', 400, "bad_json"),
    "nan": (b'{"text": NaN}', 400, "bad_json"),
    "infinity": (b'{"text": "x", "n": Infinity}', 400, "bad_json"),
    "lone surrogate": (b'{"text": "\\ud800 x"}', 400, "bad_json"),
    "lone low surrogate": (b'{"text": "x \\udc00"}', 400, "bad_json"),
    "depth": (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "bad_json"),
    "trailing": (b'{"text": "x"} {"text": "y"}', 400, "bad_json"),
    "single quotes": (b"{'text': 'x'}", 400, "bad_json"),
    "huge number": (b'{"text": ' + b"9" * 5000 + b"}", 400, "bad_json"),
    "array": (b"[]", 422, "bad_shape"),
    "string": (b'"x"', 422, "bad_shape"),
    "null": (b"null", 422, "bad_shape"),
    "no form": (b"{}", 422, "bad_shape"),
    "two forms": (b'{"text": "x", "messages": []}', 422, "bad_shape"),
    "text null": (b'{"text": null}', 422, "bad_type"),
    "text number": (b'{"text": 5}', 422, "bad_type"),
    "text empty": (b'{"text": ""}', 422, "empty"),
    "text blank": (b'{"text": " \\n\\t "}', 422, "empty"),
    "nul": (b'{"text": "a\\u0000b"}', 422, "nul"),
    "messages empty": (b'{"messages": []}', 422, "bad_shape"),
    "messages object": (b'{"messages": {"role": "user"}}', 422, "bad_shape"),
    "messages string": (b'{"messages": "hello"}', 422, "bad_shape"),
    "message string": (b'{"messages": ["hello"]}', 422, "bad_shape"),
    "message null": (b'{"messages": [null]}', 422, "bad_shape"),
    "no role": (b'{"messages": [{"content": "x"}]}', 422, "bad_role"),
    "unknown role": (b'{"messages": [{"role": "doctor", "content": "x"}]}', 422, "bad_role"),
    "role list": (b'{"messages": [{"role": ["user"], "content": "x"}]}', 422, "bad_role"),
    "no content": (b'{"messages": [{"role": "user"}]}', 422, "bad_type"),
    "content list": (b'{"messages": [{"role": "user", "content": ["x"]}]}', 422, "bad_type"),
    "nul in early message": (
        b'{"messages": [{"role": "user", "content": "\\u0000"}, {"role": "user", "content": "x"}]}',
        422,
        "nul",
    ),
    "only system": (b'{"messages": [{"role": "system", "content": "x"}]}', 422, "empty"),
    "locale number": (b'{"text": "x", "locale": 5}', 422, "bad_locale"),
    "locale long": (b'{"text": "x", "locale": "' + b"e" * 900 + b'"}', 422, "bad_locale"),
    "locale path": (b'{"text": "x", "locale": "../../etc"}', 422, "bad_locale"),
    "message too long": (json.dumps({"text": "x" * (MAX_MESSAGE_CHARS + 1)}).encode(), 422, "too_long"),
    "too many messages": (
        json.dumps({"messages": [{"role": "user", "content": "x"}] * (MAX_MESSAGES + 1)}).encode(),
        422,
        "too_many",
    ),
    "too large": (b'{"text": "' + b"x" * MAX_BODY_BYTES + b'"}', 413, "too_large"),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_bad_body_gets_a_reason(client: httpx.AsyncClient, name: str) -> None:
    body, status, code = BODIES[name]
    response = await client.post("/infer", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"]
    assert await asyncio.to_thread(ScoreLog.objects.count) == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_another_content_type_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    response = await client.post("/infer", content=b'{"text": "x"}', headers={"content-type": kind})
    assert (response.status_code, response.json()["code"]) == (415, "bad_content_type")


async def test_a_reason_does_not_repeat_the_text(client: httpx.AsyncClient) -> None:
    bodies: list[Any] = [
        {"text": f"{CANARY}\x00"},
        {"messages": [{"role": CANARY, "content": CANARY}]},
        {"text": "x", "locale": CANARY * 5},
        {"conversations": [user_says(CANARY), {"text": CANARY, "messages": CANARY}]},
    ]
    for body in bodies:
        path = "/api/v1/crisis/batch" if "conversations" in body else "/infer"
        response = await client.post(path, json=body)
        assert response.status_code == 422
        assert CANARY not in response.text


@pytest.mark.parametrize(
    "body",
    [{}, {"conversations": []}, {"conversations": {}}, {"conversations": [5]}, {"conversations": [{"text": "x"}] * 65}],
    ids=["none", "empty", "object", "number", "65"],
)
async def test_a_bad_batch_is_refused_whole(client: httpx.AsyncClient, body: Any) -> None:
    assert (await client.post("/api/v1/crisis/batch", json=body)).status_code == 422


async def test_a_bad_item_of_a_batch_is_named(client: httpx.AsyncClient) -> None:
    body = {"conversations": [{"text": "x"}, {"text": 5}]}
    response = await client.post("/api/v1/crisis/batch", json=body)
    assert response.json()["detail"].startswith("conversations[1]: text")
    assert await asyncio.to_thread(ScoreLog.objects.count) == 0


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/infer", 405), ("POST", "/health", 405), ("GET", "/no", 404)]
)
async def test_wrong_methods_and_paths(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "text", ["\u202eabc", "\u200b\u200bx", "\U0001f480" * 500, "e\u0301" * 900, "<script>alert(1)</script>"]
)
async def test_odd_but_valid_text_is_scored(client: httpx.AsyncClient, text: str) -> None:
    response = await client.post("/infer", json=user_says(text))
    assert response.status_code == 200
    assert text not in response.text
