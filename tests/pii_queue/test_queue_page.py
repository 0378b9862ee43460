"""The page of what waits: counts without words, bulk decisions that can be undone until they are confirmed."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.services import round_create
from datasets_app.models import PiiFinding, PiiLease, Record
from datasets_app.selectors_pii import kind_rows, pii_counts, spot_check
from datasets_app.services.pii import Decision, pii_confirm
from datasets_app.services.pii_bulk import pii_spot_check
from datasets_app.services.pii_claims import pii_claim
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from tests.annotation.making import approved_guideline, make_records
from tests.personas import World
from tests.pii_queue.making import CALM, TEXT, make_batch, reviewer, said, screened, text_of, unsaved, waiting

QUEUE = "datasets:pii_queue"


def bulk(world: World, kind: str, decision: str = "accept", confidence: str = "all") -> str:
    form = {"kind": kind, "confidence": confidence, "decision": decision}
    answer = world.client("data_engineer").post(reverse("datasets:pii_bulk"), form, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_counts_by_kind_and_shows_no_words(world: World) -> None:
    batch = make_batch(world.project)
    screened(batch, said(TEXT), said(CALM))
    page = world.client("qa").get(reverse(QUEUE)).content.decode()
    assert "Review 1 conversation" in page and "E-mail" in page and "Name" in page
    assert "Marta" not in page and "example.org" not in page
    rows = {row["kind"]: row for row in kind_rows(world.project)}
    assert rows["email"]["open"] == rows["email"]["high"] == 1
    counts = pii_counts(world.project)
    assert (counts.pending, counts.clean, counts.usable) == (1, 1, 1)


def test_an_empty_queue_says_what_comes_here(world: World) -> None:
    assert "Nothing waits" in world.client("data_engineer").get(reverse(QUEUE)).content.decode()
    waiting(world.project, 1)
    Record.objects.update(pii_state="reviewed")
    assert "Every conversation is reviewed" in world.client("data_engineer").get(reverse(QUEUE)).content.decode()


def test_bulk_decisions_rewrite_nothing_before_they_are_confirmed(world: World) -> None:
    [first, *_] = waiting(world.project, 3)
    assert "3 findings in 3 conversations decided, not confirmed" in bulk(world, "email")
    page = bulk(world, "personal_name", "reject")
    assert "3 conversations are decided in bulk and not confirmed yet" in page
    assert "marta1@example.org" in text_of(first)

    world.client("data_engineer").post(reverse("datasets:pii_apply"))
    job = Job.objects.get(kind="dataset.pii_apply")
    run_inline(job)
    assert job.result == {"reviewed": 3, "withdrawn": 0, "left": 0}, job.error
    text = text_of(first)
    assert "[EMAIL_1]" in text and "example.org" not in text and "Marta Holt" in text
    ways = [json.loads(event.payload_json)["way"] for event in AuditEvent.objects.filter(action="pii.review")]
    assert ways == ["bulk"] * 3


def test_undo_opens_everything_that_is_not_confirmed(world: World) -> None:
    waiting(world.project, 2)
    bulk(world, "email")
    answer = world.client("qa").post(reverse("datasets:pii_undo"), follow=True)
    assert "2 findings open again" in answer.content.decode()
    assert set(PiiFinding.objects.values_list("state", "decided_by")) == {("pending", None)}


def test_confidence_narrows_a_bulk_decision(world: World) -> None:
    [record, _] = waiting(world.project, 2)
    record.pii_findings.filter(kind="email").update(confidence=0.3)
    bulk(world, "email", "reject", "low")
    assert PiiFinding.objects.filter(state="rejected").get().record == record


def test_conversations_on_a_screen_are_left_out_of_bulk_and_of_its_confirmation(world: World) -> None:
    records = waiting(world.project, 2)
    [held] = pii_claim(project=world.project, actor=reviewer(world, 2), want=1)
    assert "1 finding in 1 conversation decided, not confirmed. Left out, on somebody’s screen: 1." in bulk(
        world, "email"
    )
    assert set(PiiFinding.objects.filter(state="accepted").values_list("record", flat=True)) == {records[1].pk}
    PiiLease.objects.update(until=timezone.now() - timedelta(seconds=1))
    bulk(world, "email")
    assert PiiFinding.objects.filter(record=held, state="accepted").exists()


@pytest.mark.parametrize("change", [{"kind": "shoe_size"}, {"decision": "maybe"}, {"confidence": ""}, {"kind": "\x00"}])
def test_a_bulk_form_that_makes_no_sense_changes_nothing(world: World, change: dict[str, str]) -> None:
    waiting(world.project, 1)
    form = {"kind": "email", "confidence": "all", "decision": "accept", **change}
    answer = world.client("data_engineer").post(reverse("datasets:pii_bulk"), form)
    assert answer.status_code == 422
    assert not PiiFinding.objects.exclude(state="pending").exists()


def test_the_search_for_unscanned_records_starts_once(world: World) -> None:
    Record.objects.bulk_create([unsaved(make_batch(world.project), said(TEXT))])
    client = world.client("clinical_lead")
    assert "1 conversation was never searched" in client.get(reverse(QUEUE)).content.decode()
    for _ in range(2):
        client.post(reverse("datasets:pii_screen"))
    job = Job.objects.get(kind="dataset.screen")
    run_inline(job)
    assert job.state == "succeeded" and Record.objects.get().pii_state == "pending"


def test_the_home_pages_of_reviewers_say_how_many_wait(world: World) -> None:
    waiting(world.project, 2)
    for role in ("data_engineer", "qa", "clinical_lead"):
        page = world.client(role).get(reverse("home")).content.decode()
        assert "2 conversations wait for identifier review" in page, role
    assert "identifier review" not in world.client("ml_engineer").get(reverse("home")).content.decode()


@pytest.mark.parametrize("name", ["pii_queue", "pii_review"])
def test_others_and_outsiders(world: World, name: str) -> None:
    waiting(world.project, 2)
    assert world.client("pm").get(reverse(f"datasets:{name}")).status_code == 403
    page = world.outsider_client("data_engineer").get(reverse(f"datasets:{name}")).content.decode()
    assert "Review 2" not in page


def test_a_spot_check_measures_what_the_rules_miss(world: World) -> None:
    batch = make_batch(world.project)
    records = screened(batch, *(said(f"{CALM} Number {n}. Ask the heron keeper of Lund.") for n in range(4)))
    screened(make_batch(world.project, source="synthetic"), said("Nobody said this."))
    client, url = world.client("data_engineer"), reverse("datasets:pii_sample")
    assert "Nobody has read" in client.get(reverse(QUEUE)).content.decode()
    assert client.post(url, {"count": 0}).status_code == 422
    answer = client.post(url, {"count": 50}, follow=True).content.decode()
    assert "4 conversations without a finding put into the queue" in answer
    text = records[0].messages[0]["content"]
    start = text.index("heron keeper of Lund")
    missed = Decision(None, 0, start, len(text) - 1, "personal_name", True)
    for record, decisions in zip(records, ([missed], [], [], []), strict=True):
        pii_confirm(record=record, actor=reviewer(world), version=record.content_hash, decisions=decisions)
    found = spot_check(world.project)
    assert found is not None
    assert (found["read"], found["missed"], found["share"]) == (4, 1, 0.25)
    assert 0.04 < found["low"] < 0.25 < found["high"] < 0.75
    assert "in 1 an identifier was missed" in client.get(reverse(QUEUE)).content.decode()


def test_a_spot_check_leaves_labelled_conversations_alone(world: World) -> None:
    made = make_records(world.project, 2)
    Record.objects.update(pii_state="clean", source="real")
    people = [world.user("annotator", n=n) for n in (1, 2)]
    round_create(
        project=world.project, name="x", guideline=approved_guideline(world), annotators=people, actor=None,
        records=Record.objects.filter(pk=made[0].pk),
    )  # fmt: skip
    assert pii_spot_check(project=world.project, actor=reviewer(world), count=10) == 1
    assert set(Record.objects.filter(pii_state="pending")) == {made[1]}
