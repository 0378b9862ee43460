"""The bad-input corpus of the imports as scoring requests: each line an answer or a reason, never a 5xx."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from inference.engine.conversation import MAX_BODY_BYTES
from inference.models import ScoreLog
from tests.imports.bad_input import small_files

LINES = {"content-type": "application/x-ndjson"}


@pytest.mark.parametrize("as_lines", [True, False], ids=["a batch of lines", "one conversation"])
async def test_to_the_scoring_api(client: httpx.AsyncClient, as_lines: bool) -> None:
    wrong, seen, answered = [], 0, 0
    for name, _, data in small_files():
        seen += 1
        if as_lines:
            response = await client.post("/api/v1/crisis/batch", content=data, headers=LINES)
        else:
            response = await client.post("/infer", content=data, headers={"content-type": "application/json"})
        if response.status_code != 200:
            fine = 400 <= response.status_code < 500 and response.json()["detail"]
            fine = fine and (response.status_code != 413 or len(data) > MAX_BODY_BYTES)
            wrong += [] if fine else [f"{name}: {response.status_code} {response.text[:200]}"]
            continue
        results = [json.loads(line) for line in response.text.splitlines()] if as_lines else [response.json()]
        scored = [each for each in results if "verdict" in each]
        answered += len(scored)
        if not all("verdict" in each or each["problem"]["detail"] for each in results):
            wrong.append(f"{name}: a line without an answer or a reason")
        if as_lines and [each["index"] for each in results] != list(range(len(results))):
            wrong.append(f"{name}: {[each['index'] for each in results][:10]}")
    assert wrong == [] and seen >= 150
    assert answered >= (150 if as_lines else 1)
    assert await asyncio.to_thread(ScoreLog.objects.count) <= answered
