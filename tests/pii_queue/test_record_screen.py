"""Screening: findings without words beside each record; where the words are real, they wait for people."""

import json

import pytest
from django.urls import reverse

from datasets_app.job_pii import DatasetScreen
from datasets_app.models import PiiFinding, Record
from datasets_app.selectors import usable_records
from datasets_app.services import screening
from datasets_app.services.screening import screen_records
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_enqueue
from tests.personas import World
from tests.pii_queue.making import CALM, EMAIL, TEXT, make_batch, said, screened, unsaved


def test_real_words_with_an_identifier_wait_and_calm_ones_do_not(world: World) -> None:
    batch = make_batch(world.project)
    found, calm = screened(batch, said(TEXT), said(CALM))
    assert (found.pii_state, calm.pii_state) == ("pending", "clean")
    kinds = {row.kind for row in PiiFinding.objects.filter(record=found)}
    assert kinds == {"personal_name", "email"}
    for row in PiiFinding.objects.filter(record=found, kind="email"):
        assert found.messages[row.turn]["content"][row.start : row.end] == EMAIL
    assert list(usable_records(world.project)) == [calm]


@pytest.mark.parametrize(("source", "state"), [("synthetic", "checked"), ("augmented", "pending"), ("real", "pending")])
def test_only_synthetic_words_are_merely_checked(world: World, source: str, state: str) -> None:
    [record] = screened(make_batch(world.project, source=source), said(TEXT))
    assert record.pii_state == state
    reported = [entry for entry in record.findings if entry["check"] == "pii"]
    assert bool(reported) == (source == "synthetic")
    assert PiiFinding.objects.exists() == (source != "synthetic")


def test_findings_name_places_and_never_words(world: World) -> None:
    text = "My name is Marta Holt and I want to kill myself tonight, I have the pills here. marta.holt@example.org"
    for source in ("synthetic", "real"):
        record = unsaved(make_batch(world.project, source=source), said(text))
        screen_records([record])
        written = json.dumps(record.findings)
        assert not [word for word in ("Marta", "Holt", "pills", "example.org", "kill myself") if word in written]
        [risk] = [entry for entry in record.findings if entry["check"] == "risk"]
        assert risk["action"] == "label" and risk["level"] in ("error", "critical")
        assert record.risk_severity is not None and record.risk_severity >= 4
        assert record.risk_score is not None and record.risk_score > 0.8


def test_a_copy_that_comes_again_has_the_same_keyed_digest_but_not_across_projects(world: World) -> None:
    first, again = (unsaved(make_batch(world.project), said(TEXT)) for _ in range(2))
    elsewhere = unsaved(make_batch(world.other_project), said(TEXT))
    screen_records([first, again, elsewhere])
    assert first.intake_hash == again.intake_hash != elsewhere.intake_hash
    assert len(first.intake_hash) == 64 and first.intake_hash not in first.content_hash


def test_identifiers_beside_the_conversation_go_at_once(world: World) -> None:
    record = unsaved(
        make_batch(world.project),
        said(CALM),
        external_id=EMAIL,
        group_keys=[f"author:{EMAIL}", "conversation:17"],
        group_key=f"author:{EMAIL}",
        metadata={"title": f"Write to {EMAIL}", "tags": ["sleep", {"by": EMAIL}], "likes": 4},
    )
    before = record.record_hash
    screen_records([record])
    beside = json.dumps([record.external_id, record.group_key, record.group_keys, record.metadata])
    assert EMAIL not in beside and record.record_hash != before
    assert record.metadata["likes"] == 4 and record.metadata["tags"][0] == "sleep"
    assert record.group_keys[0].startswith("author:") and record.group_keys[1] == "conversation:17"
    twin = unsaved(make_batch(world.project), said(TEXT), group_keys=[f"author:{EMAIL}"])
    screen_records([twin])
    assert twin.group_keys[0] == record.group_keys[0], "the same author stays in one split"


def test_a_record_that_was_reviewed_stays_reviewed(world: World) -> None:
    [record] = screened(make_batch(world.project), said(TEXT))
    record.pii_state = Record.PiiState.REVIEWED
    assert screen_records([record]) == []
    assert record.pii_state == "reviewed"


def test_the_job_screens_what_nothing_has_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "CHUNK_RECORDS", 3)
    real, synthetic = make_batch(world.project), make_batch(world.project, source="synthetic")
    Record.objects.bulk_create(
        [unsaved(real, said(f"{TEXT} {n}"), n) for n in range(1, 6)]
        + [unsaved(real, said(f"{CALM} {n}"), n) for n in range(6, 9)]
        + [unsaved(synthetic, said(f"{TEXT} made {n}"), n) for n in range(9, 11)]
    )
    Record.objects.bulk_create([unsaved(make_batch(world.other_project), said(TEXT))])
    engineer = world.user("data_engineer")
    job = job_enqueue(
        kind=DatasetScreen.kind, params={"project": world.project.pk}, project=world.project, owner=engineer
    )
    run_inline(job)
    assert job.state == "succeeded", job.error
    assert job.result == {"screened": 10, "pending": 5, "clean": 3, "checked": 2}
    assert Record.objects.filter(project=world.other_project).get().pii_state == "unscanned"
    assert PiiFinding.objects.filter(record__project=world.project).count() >= 10
    event = AuditEvent.objects.get(action="record.screen")
    assert json.loads(event.payload_json)["states"] == {"pending": 5, "clean": 3, "checked": 2}


def test_the_records_page_shows_findings_with_level_advice_and_turn(world: World) -> None:
    text = "My name is Marta Holt and I want to kill myself tonight, I have the pills here."
    [record] = screened(make_batch(world.project), said(text, "You should stop taking your medication."))
    page = world.client("pm").get(reverse("datasets:record_detail", args=[record.pk])).content.decode()
    assert "Waiting for review" in page and "Name: pending" in page
    assert "Risk " in page and "critical" in page and "suicidal ideation" in page
    assert "Marta" not in page, "a PM reads no raw text"


@pytest.mark.parametrize(
    ("use", "shown"),
    [("usable", {1}), ("pending", {0}), ("withdrawn", {2}), ("unscanned", set()), ("", {0, 1, 2}), ("x", {0, 1, 2})],
)
def test_the_list_of_records_is_filtered_by_use(world: World, use: str, shown: set[int]) -> None:
    made = screened(make_batch(world.project), said(TEXT), said(CALM), said("Gone by now."))
    Record.objects.filter(pk=made[2].pk).update(state="withdrawn")
    page = world.client("pm").get(reverse("datasets:record_list"), {"use": use}).content.decode()
    links = {
        n for n, record in enumerate(made) if f'href="{reverse("datasets:record_detail", args=[record.pk])}"' in page
    }
    assert links == shown
