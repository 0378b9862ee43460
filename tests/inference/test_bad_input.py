"""Bad requests get a 4xx with a reason that does not repeat them; never a 5xx, never a score row."""

from __future__ import annotations

import asyncio
import gzip
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
    "same key twice": (b'{"text": "x", "text": "y"}', 400, "bad_json"),
    "same key twice in a message": (
        b'{"messages": [{"role": "user", "content": "I want to die", "content": "calm"}]}',
        400,
        "bad_json",
    ),
    "same key twice, escaped": (b'{"text": "x", "te\\u0078t": "y"}', 400, "bad_json"),
    "truncated": (b'{"messages": [{"role": "user", "content": "x"}', 400, "bad_json"),
    "comment": (b'{"text": "x"} // y', 400, "bad_json"),
    "utf-16 without a mark": ('{"text": "x"}'.encode("utf-16-le"), 400, "bad_json"),
    "utf-7": (b'{"text": +ACI-x+ACI-}', 400, "bad_json"),
    "over-long utf-8": (b'{"text": "\xc0\xaf"}', 400, "bad_json"),
    "surrogates in utf-8": (b'{"text": "\xed\xa0\x80"}', 400, "bad_json"),
    "depth within bounds": (b'{"text": ' + b"[" * 900 + b"]" * 900 + b"}", 422, "bad_type"),
    "text zero-width": ('{"text": "\u200b\u200d\ufeff\u2060"}'.encode(), 422, "empty"),
    "text of controls": (b'{"text": "\\u0001\\u001b\\u202e"}', 422, "empty"),
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
    ]
    for body in bodies:
        response = await client.post("/infer", json=body)
        assert response.status_code == 422
        assert CANARY not in response.text
        refused = await client.post("/api/v1/crisis/batch", json={"conversations": [body]})
        assert refused.json()["refused"] == 1
        assert CANARY not in refused.text


@pytest.mark.parametrize(
    "body",
    [{}, {"conversations": []}, {"conversations": {}}, {"conversations": [{"text": "x"}] * 65}],
    ids=["none", "empty", "object", "65"],
)
async def test_a_bad_batch_is_refused_whole(client: httpx.AsyncClient, body: Any) -> None:
    assert (await client.post("/api/v1/crisis/batch", json=body)).status_code == 422


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
async def test_a_compressed_body_is_refused_unread(client: httpx.AsyncClient, encoding: str, kind: str) -> None:
    bomb = gzip.compress(b'{"text": "' + b"x" * 5_000_000 + b'"}')
    headers = {"content-type": kind, "content-encoding": encoding}
    response = await client.post("/api/v1/crisis/batch", content=bomb, headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "bad_encoding")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/infer", 405), ("POST", "/health", 405), ("GET", "/no", 404)]
)
async def test_wrong_methods_and_paths(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


ODD_TEXTS = {
    "right-to-left override": "\u202eabc\u202c and I am here",
    "zero-width": "\u200bk\u200bi\u200dl\ufeffl\u2060 me",
    "huge graphemes": "\U0001f480" * 500,
    "combining": "e" + "\u0301" * 9000,
    "families": "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 900,
    "markup": "<script>alert(1)</script>",
    "variation and tags": "\U0001f3f4\U000e0067\U000e0062\U000e007f\ufe0f",
    "private use and unassigned": "\ue000\U000f0000\u0378 a",
    "non-characters": "a\uffff\ufffe\U0010ffff",
    "line separators": "a\u2028b\u2029c\x85d\x0be",
    "controls": "a\x01\x1b[31mb\x7f",
    "wide and bold": "\uff2b\uff49\uff4c\uff4c \U0001d424\U0001d422\U0001d425\U0001d425 me",
    "expands when folded": "\ufdfa" * 1000 + "\u0130\u0149\ufb03",
    "one long word": "a" * 19_000,
    "mixed scripts": "\u0bb5\u0ba3\u0b95\u0bcd \u0645\u0631\u062d\u0628\u0627 \u4f60\u597d \u05e9\u05dc\u05d5\u05dd",
}


@pytest.mark.parametrize("name", ODD_TEXTS)
async def test_odd_but_valid_text_is_scored(client: httpx.AsyncClient, name: str) -> None:
    text = ODD_TEXTS[name]
    response = await client.post("/infer", json=user_says(f"{text} I am going to kill myself tonight"))
    assert response.status_code == 200
    assert text not in response.text
    answer = response.json()
    assert answer["crisis"] is not False
    for signal in answer["signals"]:
        assert 0 <= signal["start"] < signal["end"] <= len(text) + 36
