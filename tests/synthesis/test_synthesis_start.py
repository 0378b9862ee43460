"""Asking for a generation: the form, the job, a worker's end in the middle, a model that is away, cancelling."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from datasets_app.corpus.synthesis import generate_synthetic
from datasets_app.corpus.synthesis.backends import BACKENDS
from datasets_app.corpus.synthesis.plan import EDGE_CASES, Plan
from datasets_app.models import Record, SynthesisBatch, SynthesisRow
from datasets_app.services import synthesis as service
from datasets_app.services.errors import SynthesisRefused
from datasets_app.services.synthesis import synthesis_start
from pixelhub.accounts.roles import Role
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_cancel, job_retry
from tests.modelserver import Asked, Reply, model_server
from tests.personas import World
from tests.synthesis.making import made

ASKED = {
    "kind": "scenarios",
    "count": "24",
    "seed": "5",
    "backend": "templates",
    "types": ["panic", "none"],
    "difficulties": ["veiled"],
    "sample_size": "",
    "request_key": "0b5c",
}


def test_a_data_engineer_asks_watches_and_finds_the_rows(world: World) -> None:
    client = world.client(Role.DATA_ENGINEER)
    page = client.get(reverse("datasets:synthesis")).content.decode()
    assert "Nothing made up yet" in page and reverse("datasets:synthesis_create") in page
    form = client.get(reverse("datasets:synthesis_create")).content.decode()
    assert "SYNTHESIS_ENDPOINT" in form and "SYNTHESIS_DESIGNER" in form
    answer = client.post(reverse("datasets:synthesis_create"), ASKED)
    batch = SynthesisBatch.objects.select_related("job").get()
    assert answer.headers["Location"] == reverse("datasets:synthesis_batch", args=[batch.pk])
    # The same form sent twice is one generation.
    client.post(reverse("datasets:synthesis_create"), ASKED)
    assert SynthesisBatch.objects.count() == 1
    waiting = client.get(answer.headers["Location"]).content.decode()
    assert "waiting for a free worker" in waiting and "Cancel" in waiting
    run_inline(batch.job)
    batch.refresh_from_db()
    assert (batch.state, batch.made, batch.broken, batch.job.total) == ("done", 24, 0, 24)
    rows = list(batch.rows.all())
    assert {row.crisis_type for row in rows} == {"panic", "none"} and {row.difficulty for row in rows} == {"veiled"}
    assert {row.state for row in rows} == {"waiting"} and all(row.rules_agree for row in rows)
    assert Record.objects.count() == 0, "nothing is a record before somebody kept it"
    page = client.get(answer.headers["Location"]).content.decode()
    assert "Read 24 waiting" in page and "panic, none" in page
    assert f"Batch {batch.pk}" in client.get(reverse("datasets:synthesis")).content.decode()
    assert list(AuditEvent.objects.filter(action__startswith="synthesis.").values_list("action", flat=True)) == [
        "synthesis.start",
        "synthesis.finish",
    ]
    # A colleague sees the batch, not the words and no button; an outsider nothing.
    seen = world.client(Role.PM).get(answer.headers["Location"]).content.decode()
    assert "Read 24 waiting" not in seen and "Bring into records" not in seen
    assert world.outsider_client(Role.DATA_ENGINEER).get(answer.headers["Location"]).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"count": "0"}, "greater than or equal to 1"),
        ({"count": "20001"}, "less than or equal to 20000"),
        ({"backend": "endpoint"}, "SYNTHESIS_ENDPOINT is missing"),
        ({"sample_size": "25"}, "Not more than the batch holds"),
        ({"types": ["sadness"]}, "sadness is not one of the available choices"),
        ({"request_key": "<script>"}, "Begin"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence(world: World, wrong: dict[str, Any], says: str) -> None:
    answer = world.client(Role.DATA_ENGINEER).post(reverse("datasets:synthesis_create"), ASKED | wrong)
    assert answer.status_code == 422 and says in answer.content.decode()
    assert not SynthesisBatch.objects.exists()


def test_the_service_refuses_what_the_form_would(world: World) -> None:
    engineer = world.user(Role.DATA_ENGINEER)
    for plan, backend, size in (
        (Plan(30_000, 1), "templates", 0),
        (Plan(3, 1), "parrot", 0),
        (Plan(3, 1), "templates", 4),
    ):
        with pytest.raises(SynthesisRefused):
            synthesis_start(
                project=world.project, actor=engineer, plan=plan, backend=backend, request_key="k", sample_size=size
            )
    assert dict(SynthesisBatch.Backend.choices) == dict(BACKENDS)


def test_a_worker_that_dies_in_the_middle_leaves_no_row_twice_and_none_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_CHUNK", 10)
    real, calls = service.SynthesisRow.objects.bulk_create, []

    def dies(rows: list[SynthesisRow], **named: Any) -> Any:
        calls.append(len(rows))
        done = real(rows, **named)
        if len(calls) in (2, 4):
            raise RuntimeError("after the rows, before their commit")
        return done

    monkeypatch.setattr(service.SynthesisRow.objects, "bulk_create", dies)
    batch = made(world.project, world.user(Role.DATA_ENGINEER), Plan(35, 9))
    assert (batch.state, batch.job.attempts, batch.made) == ("done", 3, 35)
    assert [row.sample for row in batch.rows.order_by("number")] == list(generate_synthetic(35, 9))
    assert AuditEvent.objects.filter(action="synthesis.finish").count() == 1


def test_a_cancelled_generation_keeps_its_rows_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_CHUNK", 10)
    real = service._row

    def asked_to_stop(batch: SynthesisBatch, made: Any, drawn: Any) -> SynthesisRow:
        if made.number == 14 and not cancelled:
            cancelled.append(job_cancel(job=batch.job, actor=batch.created_by))
        return real(batch, made, drawn)

    cancelled: list[bool] = []
    monkeypatch.setattr(service, "_row", asked_to_stop)
    batch = made(world.project, world.user(Role.DATA_ENGINEER), Plan(40, 9, EDGE_CASES, categories=("grief",)))
    assert (batch.shown_state, batch.rows.count(), cancelled) == ("cancelled", 20, [True])
    job_retry(job=batch.job, actor=batch.created_by)
    run_inline(batch.job)
    batch.refresh_from_db()
    assert (batch.shown_state, batch.made) == ("done", 40)
    assert all(row.is_edge_case and row.category == "grief" for row in batch.rows.all())


def test_a_model_s_answers_are_kept_also_those_that_are_none_and_one_that_is_away_is_asked_later(
    world: World, settings: Any
) -> None:
    away = [True]

    def answer(asked: Asked) -> Reply:
        seed = asked.content["seed"]
        if away[0] and len(server.asked) > 6:
            return Reply({}, 503)
        chat = asked.content["messages"][1]["content"].startswith("Write a chat")
        turns = [{"role": "user", "content": f"the lift stopped {' '.join(str(seed * n) for n in range(1, 20))}"}]
        if chat:
            turns.append({"role": "assistant", "content": "mm"})
        text = "I would rather not." if asked.content["messages"][1]["content"].startswith("Write one long") else ""
        return Reply(
            {"model": "stub", "choices": [{"message": {"content": text or json.dumps({"conversation": turns})}}]}
        )

    with model_server(answer) as server:
        settings.SYNTHESIS_ENDPOINT, settings.SYNTHESIS_MODEL = server.base_url, "stub"
        settings.SYNTHESIS_PRIVATE_ORIGINS, settings.SYNTHESIS_ATTEMPTS = [server.origin], 1
        settings.SYNTHESIS_PARALLEL = 2
        batch = made(world.project, world.user(Role.DATA_ENGINEER), Plan(16, 3), backend="endpoint")
        assert batch.shown_state == "failed" and "answered 503" in batch.job.error
        kept = {row.number: row.sample for row in batch.rows.all()}
        away[0] = False
        before = len(server.asked)
        job_retry(job=batch.job, actor=batch.created_by)
        run_inline(batch.job)
    batch.refresh_from_db()
    assert (batch.state, batch.made + batch.broken, batch.error) == ("done", 16, "")
    rows = list(batch.rows.order_by("number"))
    assert all(rows[number].sample == sample for number, sample in kept.items())
    broken = [row for row in rows if row.state == "broken"]
    assert broken and {(row.reason, row.raw) for row in broken} == {("no_json", "I would rather not.")}
    assert len(server.asked) - before <= 3 * (16 - len(kept)), "what was there is not asked for again"
    assert all("lift" not in event.payload_json for event in AuditEvent.objects.all())
