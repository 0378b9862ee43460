"""Every answer, refusal and log line of a request carries its id: the caller's own, or one made for it."""

from __future__ import annotations

import json
import logging

import httpx
import pytest

from inference.schema import NAME, answer_schema
from pixelhub.requestids import RequestIdFormatter, request_id_begin
from tests.inference.conftest import user_says
from tests.paths import PROJECT_ROOT


async def test_a_given_id_comes_back_everywhere(client: httpx.AsyncClient) -> None:
    headers = {"x-request-id": "case-7:a.b_C"}
    answer = await client.post("/infer", json=user_says("hello"), headers=headers)
    refused = await client.post("/infer", json={}, headers=headers)
    nowhere = await client.get("/nowhere", headers=headers)
    for response in (answer, refused, nowhere):
        assert response.headers["x-request-id"] == response.json()["request_id"] == "case-7:a.b_C"
    batch = await client.post("/api/v1/crisis/batch", json={"conversations": [{}]}, headers=headers)
    assert batch.json()["results"][0]["problem"]["request_id"] == "case-7:a.b_C"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "ä", "a\x01", "{}"])
async def test_other_ids_are_replaced(client: httpx.AsyncClient, given: str) -> None:
    headers = {"x-request-id": given.encode("latin-1")}
    response = await client.post("/infer", json=user_says("hello"), headers=headers)
    made = response.headers["x-request-id"]
    assert made == response.json()["request_id"] != given
    again = await client.post("/infer", json=user_says("hello"), headers=headers)
    assert again.headers["x-request-id"] != made


def test_log_lines_end_with_it() -> None:
    record = logging.LogRecord("inference", logging.ERROR, "", 1, "the model failed", None, None)
    formatter = RequestIdFormatter("%(levelname)s %(message)s")
    assert formatter.format(record) == "ERROR the model failed"
    request_id_begin("case-7")
    assert formatter.format(record) == "ERROR the model failed [request case-7]"


def test_the_published_schema_is_the_one_in_use() -> None:
    kept = json.loads((PROJECT_ROOT / "docs" / "schema" / NAME).read_text(encoding="utf-8"))
    assert kept == answer_schema(), "run: python -m inference.schema docs/schema"
