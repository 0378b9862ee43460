"""Hostile bodies, keys and addresses to the scoring API: a 4xx with a reason that repeats nothing, never a 5xx."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from inference.models import ScoreLog
from tests.inference.conftest import application, client, close_connections, models, token, world  # noqa: F401

PATHS = ("/infer", "/api/v1/crisis/score", "/api/v1/crisis/batch")
SECRET = "heron-at-the-window"
DEEP = b"[" * 100_000 + b"]" * 100_000
BODIES: dict[str, bytes] = {
    "deep": DEEP,
    "deep message": b'{"messages": ' + DEEP + b"}",
    "deep item": b'{"conversations": [' + DEEP + b"]}",
    "4,200 digits": b'{"text": ' + b"9" * 4200 + b"}",
    "4,200 digits beside": b'{"text": "' + SECRET.encode() + b'", "locale": ' + b"9" * 4200 + b"}",
    "nan": b'{"text": "' + SECRET.encode() + b'", "locale": NaN}',
    "duplicate keys": b'{"text": "' + SECRET.encode() + b'", "text": 5}',
    "duplicate messages": b'{"messages": [{"role": "user", "content": "x"}], "messages": []}',
    "nul": json.dumps({"text": f"{SECRET}\x00"}).encode(),
    "surrogate": json.dumps({"text": f"{SECRET}\ud800"}).encode(),
    "surrogate key": b'{"\\ud800": "' + SECRET.encode() + b'"}',
    "not utf-8": b'{"text": "\xff' + SECRET.encode() + b'"}',
    "wrong types": json.dumps({"messages": [{"role": {"a": 1}, "content": {SECRET: 1}}]}).encode(),
    "numbers as text": b'{"messages": [{"role": "user", "content": 1e999}]}',
    "huge": b'{"text": "' + b"x" * 9_000_000 + b'"}',
    "control characters": b'{"text": "a\r\nb"}',
    "cut off": b'{"text": "' + SECRET.encode(),
    "role with line ends": json.dumps({"messages": [{"role": "user\r\nX: y", "content": SECRET}]}).encode(),
}


@pytest.mark.parametrize("path", PATHS)
async def test_bodies(client: httpx.AsyncClient, path: str) -> None:  # noqa: F811
    wrong = []
    for name, body in BODIES.items():
        response = await client.post(path, content=body, headers={"content-type": "application/json"})
        reason = response.json().get("detail", "")
        if not 400 <= response.status_code < 500 or not reason or SECRET in response.text:
            wrong.append(f"{name}: {response.status_code} {response.text[:100]}")
    assert wrong == []
    assert await asyncio.to_thread(ScoreLog.objects.count) == 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["?page=%00", "?x=%ED%A0%80", "?text=x", f"?n={'9' * 4200}"])
async def test_query_strings_change_nothing(client: httpx.AsyncClient, path: str, query: str) -> None:  # noqa: F811
    response = await client.post(f"{path}{query}", content=b"{}", headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)


@pytest.mark.parametrize(
    "key",
    [
        *(b"", b"Bearer", b"Bearer ", b"Basic eDp5", b"Bearer phk__", b"Bearer phk_x_" + b"y" * 60_000),
        *(b"Bearer \xff\xfe", b"Bearer phk_a\x00b_c", b"bearer phk_\xf0\x9f\x92\xa9_x", b"Bearer phk_' OR 1=1 --_x"),
    ],
)
async def test_keys(client: httpx.AsyncClient, key: bytes) -> None:  # noqa: F811
    response = await client.post("/infer", json={"text": "x"}, headers=[(b"authorization", key)])  # type: ignore[list-item]
    assert response.status_code in (400, 401)
    assert response.json()["detail"]
    assert await asyncio.to_thread(ScoreLog.objects.count) == 0
