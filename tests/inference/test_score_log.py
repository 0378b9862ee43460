"""The score log: bulk rows without text, proven by the audit chain, flushed when the service stops."""

from __future__ import annotations

import asyncio
import json
import logging
from io import StringIO
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.db import connection

from inference.asgi import ScoringApplication
from inference.models import ScoreBatch, ScoreLog
from inference.selectors import score_proof
from pixelhub.audit.models import AuditEvent
from tests.inference.conftest import user_says
from tests.inference.deployed import deploy
from tests.personas import World

CANARY = "zebra-canary-7"


@pytest.fixture(autouse=True)
def flushed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may wait does, until the service stops, however long a busy machine takes to get there."""
    monkeypatch.setattr("inference.serving.writer.FLUSH_S", 3600.0)


@pytest.fixture
def signed(world: World) -> None:
    deploy(world)


async def test_answers_are_written_in_bulk_and_flushed_on_shutdown(
    client: httpx.AsyncClient, application: ScoringApplication, signed: Any
) -> None:
    await application.startup(will_be_stopped=True)
    answers = await asyncio.gather(*(client.post("/infer", json=user_says("calm")) for _ in range(40)))
    await application.shutdown()
    ids = {answer.json()["id"] for answer in answers}
    rows = await asyncio.to_thread(lambda: list(ScoreLog.objects.all()))
    assert {str(row.pk) for row in rows} == ids
    events = await asyncio.to_thread(AuditEvent.objects.filter(action="scores.record").count)
    assert 1 <= events < 20


async def test_no_text_is_kept_anywhere(
    client: httpx.AsyncClient, application: ScoringApplication, signed: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        crisis = f"{CANARY} I am going to kill myself tonight"
        for text in (f"calm {CANARY}", f"doom {CANARY}", crisis):
            answer = await client.post("/infer", json=user_says(text))
            assert CANARY not in answer.text
        await application.shutdown()
    assert CANARY not in caplog.text
    assert CANARY not in await asyncio.to_thread(_whole_database)


def _whole_database() -> str:
    out = StringIO()
    call_command("dumpdata", stdout=out)
    return out.getvalue()


@pytest.fixture
def logged(world: World, token: str, models: Any, monkeypatch: pytest.MonkeyPatch) -> list[ScoreLog]:
    """Three scores that could wait, written together when the service stopped."""
    deploy(world)
    monkeypatch.setattr("inference.asgi.registry", models)

    async def ask() -> None:
        application = ScoringApplication()
        await application.startup(will_be_stopped=True)
        headers = {"authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as client:
            body = {"conversations": [user_says(text) for text in ("calm", "calm calm", "calm word")]}
            assert (await client.post("/api/v1/crisis/batch", json=body)).status_code == 200
        await application.shutdown()

    asyncio.run(ask())
    return list(ScoreLog.objects.order_by("pk"))


def test_a_row_is_proven_by_the_audit_chain(logged: list[ScoreLog]) -> None:
    assert sorted((row.messages, row.characters) for row in logged) == [(1, 4), (1, 9), (1, 9)]
    for row in logged:
        assert row.model_score == row.score is not None
        proof = score_proof(row)
        assert proof.ok, proof.problems
        event = AuditEvent.objects.get(seq=proof.event_seq)
        assert json.loads(event.payload_json)["count"] == 3


@pytest.mark.parametrize(
    "change",
    [
        *({"crisis": False}, {"score": 0.01}, {"band": "none"}, {"model_version": "2"}, {"content_hash": "sha256:0"}),
        *({"model_score": 0.01}, {"messages": 3}, {"characters": None}),
    ],
)
def test_a_changed_row_shows(logged: list[ScoreLog], change: dict[str, Any]) -> None:
    row = logged[0]
    ScoreLog.objects.filter(pk=row.pk).update(**{**change, "crisis": change.get("crisis", row.crisis)})
    changed = ScoreLog.objects.get(pk=row.pk)
    if all(getattr(row, name) == value for name, value in change.items()):
        ScoreLog.objects.filter(pk=row.pk).update(alert_level="changed")
        changed = ScoreLog.objects.get(pk=row.pk)
    assert score_proof(changed).problems == ("the row was changed after it was written",)


def test_a_changed_row_with_a_new_digest_shows_in_its_batch(logged: list[ScoreLog]) -> None:
    from inference.services import score_fields
    from pixelhub.canonical import sha256_json

    row = ScoreLog.objects.get(pk=logged[0].pk)
    row.alert_level = "changed"
    row.sha256 = sha256_json(score_fields(row))
    row.save()
    assert "audit event" in score_proof(row).problems[0]


def test_a_deleted_row_shows_in_its_neighbours(logged: list[ScoreLog]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {ScoreLog._meta.db_table} WHERE id = %s",
            [logged[0].pk.hex if connection.vendor == "sqlite" else logged[0].pk],
        )
    assert "audit event" in score_proof(logged[1]).problems[0]
    assert ScoreBatch.objects.get().count == 3
