"""Confirming a review: the record reads as decided, the original words are gone, and what happened is on record."""

import json
from dataclasses import replace

import pytest
from django.db import connection

from datasets_app.corpus.hashing import content_hash, record_hash
from datasets_app.models import PiiFinding, PiiLease, Record
from datasets_app.selectors import usable_records
from datasets_app.services.pii import Decision, ReviewRefused, pii_confirm
from datasets_app.services.pii_claims import pii_claim
from pixelhub.audit.models import AuditEvent
from tests.personas import World
from tests.pii_queue.making import EMAIL, TEXT, accept_all, make_batch, reviewer, said, screened, text_of


def confirm(world: World, record: Record, decisions: list[Decision]) -> object:
    pii_claim(project=world.project, actor=reviewer(world))
    return pii_confirm(record=record, actor=reviewer(world), version=record.content_hash, decisions=decisions)


def test_accepted_words_are_replaced_the_same_way_throughout(world: World) -> None:
    [record] = screened(make_batch(world.project), said(TEXT, "Thank you, Marta.", "Marta is fine. I took 800 mg."))
    confirm(world, record, accept_all(record))
    text = text_of(record)
    assert text == (
        "My name is [NAME_1], write to [EMAIL_1] please. I took 800 mg and thought of calling 988.\n"
        "Thank you, [NAME_1].\n[NAME_1] is fine. I took 800 mg."
    )
    assert record.pii_state == "reviewed" and record.content_hash == content_hash(record.messages)
    assert record in usable_records(world.project)


def test_findings_stand_where_the_placeholders_are_and_hold_no_lengths_of_words(world: World) -> None:
    [record] = screened(make_batch(world.project), said(TEXT, "Thank you, Marta."))
    confirm(world, record, accept_all(record))
    record.refresh_from_db()
    rows = list(PiiFinding.objects.filter(record=record))
    assert {row.state for row in rows} == {"accepted"} and len(rows) >= 3
    for row in rows:
        assert record.messages[row.turn]["content"][row.start : row.end] == row.placeholder
        assert row.decided_by == reviewer(world)


def test_rejected_words_stay_and_their_finding_moves_along(world: World) -> None:
    [record] = screened(make_batch(world.project), said(TEXT))
    decisions = [replace(d, accept=d.kind != "email") for d in accept_all(record)]
    confirm(world, record, decisions)
    assert EMAIL in text_of(record) and "Marta" not in text_of(record).replace(EMAIL, "")
    kept = PiiFinding.objects.get(record=record, kind="email")
    assert kept.state == "rejected"
    assert record.messages[0]["content"][kept.start : kept.end] == EMAIL


def test_an_edit_changes_kind_and_ends_and_an_addition_is_a_persons(world: World) -> None:
    [record] = screened(
        make_batch(world.project), said("My name is Marta Holt and I live above the Heron bakery 🌧️ in Lund.")
    )
    [found] = accept_all(record)
    text = record.messages[0]["content"]
    start = text.index("Heron bakery 🌧️ in Lund")
    edited = replace(found, end=found.start + len("Marta"))
    added = Decision(None, 0, start, start + len("Heron bakery 🌧️ in Lund"), "postal_address", True)
    confirm(world, record, [edited, added])
    assert text_of(record) == "My name is [NAME_1] Holt and I live above the [ADDRESS_1]."
    states = dict(PiiFinding.objects.filter(record=record).values_list("kind", "state"))
    assert states == {"personal_name": "edited", "postal_address": "accepted"}
    assert PiiFinding.objects.get(record=record, kind="postal_address").origin == "person"


def test_the_replaced_words_leave_metadata_and_keys_too(world: World) -> None:
    beside = {
        "metadata": {"title": "Notes on Heron Street, heron street again", "n": 3},
        "external_id": "heron street-4",
        "group_keys": ["author:Heron Street", "conversation:4"],
    }
    [record] = screened(make_batch(world.project), said(f"{TEXT} I grew up on Heron Street."), **beside)
    text = record.messages[0]["content"]
    start = text.index("Heron Street")
    added = Decision(None, 0, start, start + len("Heron Street"), "postal_address", True)
    others = [d for d in accept_all(record) if not (d.start < added.end and added.start < d.end)]
    overlapping = [replace(d, accept=False) for d in accept_all(record) if d not in others]
    confirm(world, record, [*others, *overlapping, added])
    record.refresh_from_db()
    stored = json.dumps(
        Record.objects.filter(pk=record.pk).values("metadata", "external_id", "group_keys", "group_key")[0]
    )
    assert record.record_hash != record_hash("heron street-4", 1, "real", None)
    assert "heron" not in stored.lower() and record.metadata["n"] == 3 and "conversation:4" in record.group_keys


def test_the_original_words_are_nowhere_in_the_database(world: World) -> None:
    [record] = screened(make_batch(world.project), said(TEXT, "Thank you, Marta."))
    confirm(world, record, accept_all(record))
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT * FROM {quoted}")
            found += [table for row in cursor.fetchall() for cell in row if "Marta" in str(cell) or EMAIL in str(cell)]
    assert found == []


def test_the_audit_holds_counts_and_ids_only(world: World) -> None:
    [record] = screened(make_batch(world.project), said(TEXT))
    confirm(world, record, accept_all(record))
    event = AuditEvent.objects.get(action="pii.review")
    assert (event.target_id, event.actor_id) == (str(record.pk), reviewer(world).pk)
    payload = json.loads(event.payload_json)
    assert payload["decisions"]["email.accepted"] == 1 and payload["duplicate_of"] is None
    assert "Marta" not in event.payload_json and "example.org" not in event.payload_json


def test_a_record_that_now_reads_as_another_is_withdrawn_as_its_copy(world: World) -> None:
    batch = make_batch(world.project)
    first, second = screened(batch, said("My name is Marta Holt."), said("My name is Jonas Berg."), is_edge_case=False)
    Record.objects.filter(pk=second.pk).update(is_edge_case=True, edge_case_kind="metaphor")
    confirm(world, first, accept_all(first))
    second.refresh_from_db()
    outcome = pii_confirm(
        record=second, actor=reviewer(world), version=second.content_hash, decisions=accept_all(second)
    )
    assert (outcome.withdrawn, outcome.kept) == (True, first.pk)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.state, second.pii_state) == ("withdrawn", "reviewed")
    assert second.withdrawn_reason == f"With its identifiers replaced it reads as record {first.pk} does."
    assert "Jonas" not in text_of(second) and second.content_hash == f"intake:{second.intake_hash}"
    assert first.group_keys == ["conversation:c1", "conversation:c2"], "both stay in one split"
    assert (first.is_edge_case, first.edge_case_kind) == (True, "metaphor"), "an edge case is never lost"
    assert list(usable_records(world.project)) == [first]


def test_a_decision_on_another_version_is_refused(world: World) -> None:
    [record] = screened(make_batch(world.project), said(TEXT))
    with pytest.raises(ReviewRefused) as refused:
        pii_confirm(record=record, actor=reviewer(world), version="sha256:other", decisions=accept_all(record))
    assert (refused.value.code, refused.value.status) == ("changed", 409)


def test_twice_is_refused_and_changes_nothing(world: World) -> None:
    [record] = screened(make_batch(world.project), said(TEXT))
    decisions, version = accept_all(record), record.content_hash
    confirm(world, record, decisions)
    before = text_of(record)
    with pytest.raises(ReviewRefused, match="reviewed already"):
        pii_confirm(record=record, actor=reviewer(world, 2), version=version, decisions=decisions)
    assert text_of(record) == before and AuditEvent.objects.filter(action="pii.review").count() == 1


def test_somebody_elses_conversation_is_refused(world: World) -> None:
    [record] = screened(make_batch(world.project), said(TEXT))
    pii_claim(project=world.project, actor=reviewer(world, 2))
    with pytest.raises(ReviewRefused, match="Somebody else"):
        pii_confirm(record=record, actor=reviewer(world), version=record.content_hash, decisions=accept_all(record))
    assert PiiLease.objects.get().holder == reviewer(world, 2)


@pytest.mark.parametrize(
    ("change", "said_why"),
    [
        ("missing", "exactly one decision"),
        ("double", "exactly one decision"),
        ("outside", "outside the conversation"),
        ("kind", "not one of the nine"),
        ("overlap", "overlap in turn 1"),
        ("nothing", "cannot be rejected"),
    ],
)
def test_decisions_that_make_no_sense_are_refused_whole(world: World, change: str, said_why: str) -> None:
    [record] = screened(make_batch(world.project), said(TEXT))
    good = accept_all(record)
    bad = {
        "missing": good[1:],
        "double": [*good, good[0]],
        "outside": [replace(good[0], end=100_000), *good[1:]],
        "kind": [replace(good[0], kind="shoe_size"), *good[1:]],
        "overlap": [*good, Decision(None, 0, good[0].start, good[0].start + 2, "personal_name", True)],
        "nothing": [*good, Decision(None, 0, 0, 2, "personal_name", False)],
    }[change]
    with pytest.raises(ReviewRefused, match=said_why) as refused:
        confirm(world, record, bad)
    assert refused.value.status == 400 and "Marta" not in str(refused.value)
    assert text_of(record) == TEXT and record.pii_state == "pending"
