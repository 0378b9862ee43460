"""A planted word of a conversation reaches no log, job, queue, audit event, score row or error page."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.apps import apps
from django.db import DatabaseError, OperationalError
from django.db.models import BinaryField, CharField, JSONField, TextField
from django.urls import reverse
from django_q.models import OrmQ

from annotation.models import Slot
from datasets_app.models import ImportBatch, Record
from inference.asgi import ScoringApplication
from inference.models import Case, ConversationTurn, ScoreLog, WebhookDelivery
from inference.services import webhook_set
from inference.services.webhooks import JOB_KIND, deliveries_enqueue
from pixelhub.accounts.models import ApiKey
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from tests.annotation.making import make_round
from tests.inference.conftest import (  # noqa: F401
    application,
    client,
    close_connections,
    models,
    one_database_thread,
    token,
    world,
)
from tests.inference.deployed import deploy
from tests.inference.talking import opened, say, talking, turn
from tests.jobs.waiting import until
from tests.personas import World

CANARY = "kingfisher-5519"
SAYS = f"my neighbour {CANARY} said so"
# The only column that holds conversations, and what must be in it.
HOME = ("datasets_app.Record", "messages")

ROWS = (
    json.dumps({"conversation": [{"role": "user", "content": SAYS}], "crisis_type": "none", "id": "good"}),
    json.dumps({"conversation": [{"role": "user", "content": SAYS}], "crisis_type": "none", "id": "again"}),
    json.dumps({"conversation": [{"role": CANARY, "content": SAYS}]}),
    json.dumps({"conversation": [{"role": "user", "content": [SAYS]}]}),
    json.dumps({"conversation": [{"role": "user", "content": f"{SAYS}\x00"}]}),
    json.dumps({"conversation": [{"role": "user", "content": f"{SAYS}\ud800"}]}),
    json.dumps({"conversation": [{"role": "user", "content": SAYS}], "crisis_type": CANARY, "severity": CANARY}),
    json.dumps(
        {"conversation": [{"role": "user", "content": SAYS + " twice"}], "severity": 99, "crisis_type": "panic"}
    ),
    json.dumps({CANARY: {CANARY: [CANARY]}}),
    f'{{"conversation": [{{"role": "user", "content": "{SAYS}',
    f'{{"{CANARY}": 1, "{CANARY}": 2}}',
)


@pytest.fixture(autouse=True)
def watched(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def found_in_the_database(word: str = CANARY) -> set[tuple[str, str]]:
    """Every (model, column) that holds the word, queue payloads unpacked."""
    looked = until(partial(_looked, word), what="no writer of the service holds a table")
    return looked[0]


def _looked(word: str) -> tuple[set[tuple[str, str]]] | None:
    try:
        return (_found(word),)
    except OperationalError as error:
        # Threads share a database in memory, where a reader is turned away by a writer's lock instead of waiting.
        if "locked" not in str(error):
            raise
        return None


def _found(word: str) -> set[tuple[str, str]]:
    found = set()
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, (CharField, TextField, JSONField)):
                values = model._base_manager.values_list(column.name, flat=True)
                if any(word in json.dumps(value, default=str) for value in values):
                    found.add((model._meta.label, column.name))
            elif isinstance(column, BinaryField):
                values = model._base_manager.values_list(column.name, flat=True)
                if any(word.encode() in bytes(value) for value in values if value is not None):
                    found.add((model._meta.label, column.name))
    if any(word in repr(row.task) for row in OrmQ.objects.all()):
        found.add(("django_q.OrmQ", "payload"))
    return found


def upload(world: World, data: bytes, name: str = "rows.jsonl") -> ImportBatch:  # noqa: F811
    file = BytesIO(data)
    file.name = name
    sent = {"source": "synthetic", "family": "edge_case_synthetic", "stage": 1, "file": file}
    response = world.client("data_engineer").post(reverse("datasets:import_create"), sent)
    assert response.status_code == 302, response.content.decode()
    return ImportBatch.objects.get(pk=response.headers["Location"].rstrip("/").rpartition("/")[2])


def pages(world: World, role: str, *urls: str) -> str:  # noqa: F811
    """What these pages show, errors included."""
    browser = world.client(role)
    browser.raise_request_exception = False
    return "".join(browser.get(url).content.decode() for url in urls)


def test_import(world: World, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811
    batch = upload(world, "\n".join(ROWS).encode())
    assert OrmQ.objects.exists() or batch.job.delivered_at is None
    run_inline(batch.job)
    batch.refresh_from_db()
    assert batch.read == len(ROWS) and batch.accepted >= 1 and batch.quarantined >= 6
    assert found_in_the_database() == {HOME}
    assert CANARY not in caplog.text
    seen = pages(
        world,
        "pm",
        reverse("datasets:import_detail", args=[batch.pk]),
        reverse("datasets:record_list"),
        *(reverse("datasets:record_detail", args=[pk]) for pk in Record.objects.values_list("pk", flat=True)),
        reverse("datasets:import_quarantine", args=[batch.pk]),
        reverse("jobs:detail", args=[batch.job_id]),
        reverse("audit:list"),
    )
    assert CANARY not in seen and "quarantine" in seen.lower()


def test_an_import_that_breaks(
    world: World,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(messages: Any, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"cannot hash {messages}")

    monkeypatch.setattr("datasets_app.services.ingest.Record", breaks)
    batch = upload(world, "\n".join(ROWS).encode())
    run_inline(batch.job)
    batch.refresh_from_db()
    assert batch.job.state == "failed" and batch.job.error
    assert found_in_the_database() == set()
    assert CANARY not in caplog.text
    assert CANARY not in pages(world, "data_engineer", batch.job.get_absolute_url(), reverse("datasets:imports"))


def test_a_file_that_is_not_what_it_says(world: World, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811
    for data, name in ((b"\x1f\x8b" + SAYS.encode() * 50, "rows.jsonl.gz"), (f"[{{{SAYS}".encode(), "rows.json")):
        batch = upload(world, data, name)
        run_inline(batch.job)
        assert CANARY not in pages(world, "pm", reverse("datasets:import_detail", args=[batch.pk]))
    assert found_in_the_database() == set()
    assert CANARY not in caplog.text


def test_labelling(world: World, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811
    round = make_round(world, samples=2)
    Record.objects.update(messages=[{"role": "user", "content": SAYS}])
    browser = world.client("annotator")
    api = {act: reverse(f"annotation:api_{act}", args=[round.pk]) for act in ("claim", "submit", "flag", "skip")}

    def post(act: str, **data: Any) -> Any:
        return browser.post(api[act], json.dumps(data), content_type="application/json")

    assert CANARY in post("claim").content.decode()  # where it belongs
    slots = list(Slot.objects.filter(annotator=world.user("annotator"), state="leased"))
    label = {"crisis_type": "none", "severity": None, "confidence": 0.95}
    answers = [
        post("submit", slot=slots[0].pk, client_uuid=str(uuid.uuid4()), label=label | {"crisis_type": SAYS[:30]}),
        post("submit", slot=slots[0].pk, client_uuid=CANARY, label=label),
        post("submit", slot=slots[0].pk, client_uuid=str(uuid.uuid4()), label=label | {"spans": [[SAYS]]}),
        post("submit", slot=slots[0].pk, client_uuid=str(uuid.uuid4()), label=label),
        post("flag", slot=slots[1].pk, kind=CANARY[:9]),
        post("skip", slot=slots[1].pk),
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 200, 409, 200] or [
        answer.status_code // 100 for answer in answers
    ] == [4, 4, 4, 2, 4, 2]
    assert CANARY not in "".join(answer.content.decode() for answer in answers)
    assert found_in_the_database() == {HOME}
    assert CANARY not in caplog.text


@pytest.mark.parametrize("text", [SAYS, f"I will end it tonight, {SAYS}", f"{SAYS}\x00", f"{SAYS} " * 20_000])
def test_the_console(world: World, caplog: pytest.LogCaptureFixture, text: str) -> None:  # noqa: F811
    browser = world.client("ml_engineer")
    response = browser.post(reverse("inference:console_score"), {"conversation": text}, headers={"HX-Request": "true"})
    assert response.status_code in (200, 422)
    assert found_in_the_database() == set()
    assert CANARY not in caplog.text
    assert CANARY not in pages(world, "ml_engineer", reverse("inference:scores"), reverse("jobs:list"))


@pytest.mark.parametrize("broken", ["", "model", "rules", "score log"])
async def test_the_scoring_api(
    world: World,  # noqa: F811
    client: httpx.AsyncClient,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    def breaks(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"failed on {SAYS} {args} {kwargs}")

    await asyncio.to_thread(deploy, world)
    assert (await client.post("/api/v1/crisis/score", json={"text": "calm"})).json()["degraded"] is False
    place = {
        "model": "inference.engine.session.ModelSession.run",
        "rules": "inference.serving.scoring.find",
        "score log": "inference.serving.writer.score_log_write",
    }.get(broken)
    if place:
        monkeypatch.setattr(place, breaks)
    bodies = [
        {"messages": [{"role": "user", "content": SAYS}]},
        {"text": SAYS},
        {"text": f"{SAYS}\x00"},
        {CANARY: SAYS},
    ]
    answers = [await client.post("/api/v1/crisis/score", json=body) for body in bodies]
    assert CANARY not in "".join(answer.text for answer in answers)
    assert [answer.status_code >= 400 for answer in answers[2:]] == [True, True]
    assert await asyncio.to_thread(found_in_the_database) == set()
    if not broken:
        assert await asyncio.to_thread(ScoreLog.objects.count) == 3
        assert await asyncio.to_thread(ApiKey.objects.count) == 1
    assert CANARY not in caplog.text


@pytest.mark.usefixtures("one_database_thread")
@pytest.mark.parametrize("broken", ["", "model", "rules", "score log", "session", "place"])
async def test_a_session(
    world: World,  # noqa: F811
    application: ScoringApplication,  # noqa: F811
    client: httpx.AsyncClient,  # noqa: F811
    token: str,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    broken: str,
) -> None:
    """While it is open its words are sealed; after its end not even that is left. No fault spills any."""

    def breaks(*args: Any, **kwargs: Any) -> Any:
        raise DatabaseError(f"failed on {SAYS} {args} {kwargs}")

    await asyncio.to_thread(deploy, world)
    session = await opened(client, conversation_id="canary")
    await say(client, session, SAYS, f"assistant: {SAYS}")
    place = {
        "model": "inference.engine.session.ModelSession.run",
        "rules": "inference.serving.scoring.find",
        "score log": "inference.serving.writer.score_log_write",
        "session": "inference.serving.turns.look",
        "place": "inference.serving.sessions.session_turns_add",
    }.get(broken)
    if place:
        monkeypatch.setattr(place, breaks)
        monkeypatch.setattr("inference.serving.writer.DURABLE_WAIT_S", 0.05)
    url = f"/api/v1/conversations/{session['id']}"
    answers = [
        await client.post(f"{url}/turns", json=body)
        for body in (turn(SAYS), {"role": CANARY, "content": SAYS}, turn(f"{SAYS}\x00"), {CANARY: SAYS})
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 422, 422]
    assert not broken or answers[0].json()["turns"][0]["analysis"]["crisis"] is not False or broken == "place"
    async with talking(application, token) as talker:
        told = [await talker.ask("resume", session=session["id"], after=3), await talker.ask("turn", **turn(SAYS))]
        told.append(await talker.ask("turn", role=CANARY, content=SAYS))
        await talker.say(SAYS)
        await talker.closed_with()
    assert CANARY not in "".join(answer.text for answer in answers) + json.dumps(told)
    assert await asyncio.to_thread(found_in_the_database) == set()
    sealed = await asyncio.to_thread(lambda: [row.text for row in ConversationTurn.objects.exclude(text=None)])
    assert len(sealed) >= 2
    monkeypatch.undo()
    await client.delete(url)
    assert await asyncio.to_thread(ConversationTurn.objects.exclude(text=None).count) == 0
    assert await asyncio.to_thread(found_in_the_database) == set()
    seen = await asyncio.to_thread(
        pages, world, "clinical_lead", f"/inference/sessions/{session['id']}/", "/inference/sessions/", "/audit/"
    )
    assert CANARY not in seen + caplog.text
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


NOTE = "cormorant-8841"


async def test_a_case_from_its_alarm_to_its_closing(
    world: World,  # noqa: F811
    client: httpx.AsyncClient,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
    settings: Any,
) -> None:
    """What the person said is nowhere; what responders write stays in the columns of clinical notes."""
    settings.WEBHOOK_PRIVATE_ORIGINS = ["http://127.0.0.1:9"]
    said = {"text": f"I am going to kill myself tonight, {SAYS}", "conversation_id": "chat-1"}
    await asyncio.to_thread(set_up_webhook, world)
    answer = (await client.post("/api/v1/crisis/score", json=said)).json()
    assert answer["case_id"]
    seen = await asyncio.to_thread(all_acts, world, answer["case_id"], answer["id"])
    assert await asyncio.to_thread(found_in_the_database) == set()
    assert await asyncio.to_thread(found_in_the_database, NOTE) == {
        *(("inference.CaseNote", "text"), ("inference.HandOver", "receiver_name"), ("inference.MissedCase", "note")),
    }
    assert await asyncio.to_thread(WebhookDelivery.objects.count) >= 6
    assert NOTE in seen["qa"], "responders read it"
    assert NOTE not in seen["administrator"] + seen["pm"] + caplog.text
    assert CANARY not in "".join(seen.values()) + caplog.text + json.dumps(answer)


def set_up_webhook(world: World) -> None:  # noqa: F811
    webhook_set(project=world.project, actor=world.user("administrator"), url="http://127.0.0.1:9/alarms")


def all_acts(world: World, case_id: int, score_id: str) -> dict[str, str]:  # noqa: F811
    """Each act that takes a responder's words, refused ones too; what pages show of it, by role."""
    qa, lead = world.client("qa"), world.client("clinical_lead")
    case = Case.objects.get(pk=case_id)

    def act(client: Any, name: str, **data: Any) -> int:  # noqa: F811
        url = reverse(f"inference:{name}", args=[case_id])
        status: int = client.post(url, {"seen": case.alarm_seq, **data}).status_code
        return status

    words = {"text": f"They said {NOTE}."}
    took = [
        act(qa, "case_acknowledge"),
        act(qa, "case_note", **words),
        act(qa, "handover_record", receiver="clinician", receiver_name=NOTE),
        act(lead, "case_override", reason="fiction", **words),
        act(qa, "case_reopen", **words),
        act(qa, "case_acknowledge"),
        act(qa, "case_verify"),
        act(qa, "case_close", **words),
    ]
    assert took == [302] * len(took), took
    refused = [act(qa, "case_close", **words), act(qa, "case_override", reason=NOTE, **words)]
    assert all(status in (403, 409, 422) for status in refused), refused
    told = {"happened_on": "2026-01-01", "crisis_type": "panic", "level": "urgent", "found_by": "client", "note": NOTE}
    assert qa.post(reverse("inference:missed_cases"), {**told, "score": score_id}).status_code == 302
    send_to_nobody()
    urls = [case.get_absolute_url(), reverse("inference:case_board"), reverse("inference:case_figures"), "/audit/"]
    return {role: pages(world, role, *urls) for role in ("qa", "administrator", "pm")}


def send_to_nobody() -> None:
    """Send what waits to the address where nothing listens: what is kept of the failure holds no words."""
    deliveries_enqueue()
    jobs = Job.objects.filter(kind=JOB_KIND)
    assert jobs
    for job in jobs:
        run_inline(job)
