"""Labelling through the instrument's API: claim, submit, edit, skip, flag."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import services
from annotation.models import Annotation, AnnotationRevision, Flag, Round, Slot
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, make_round, submit
from tests.personas import World

LABEL = {"crisis_type": "panic", "severity": 3, "confidence": 0.7}


def call(client: Client, round: Round, name: str, payload: Any = None) -> Any:
    return client.post(
        reverse(f"annotation:api_{name}", args=[round.pk]), json.dumps(payload or {}), content_type="application/json"
    )


def claim(client: Client, round: Round) -> list[dict[str, Any]]:
    answer = call(client, round, "claim")
    assert answer.status_code == 200, answer.content
    return answer.json()["samples"]


def sent(slot: int, **more: Any) -> dict[str, Any]:
    return {"slot": slot, "client_uuid": str(uuid.uuid4()), "label": dict(LABEL), **more}


def test_the_current_sample_and_two_more_are_given(world: World) -> None:
    round = make_round(world, samples=5)
    samples = claim(world.client("annotator"), round)
    assert [Slot.objects.get(pk=sample["slot"]).item.position for sample in samples] == [1, 2, 3]
    # Nothing of anybody's labels, and no place in the round, by which hidden expert-labelled samples would stand out.
    assert set(samples[0]) == {"slot", "lease_until", "messages"}
    again = claim(world.client("annotator"), round)
    assert [sample["slot"] for sample in again] == [sample["slot"] for sample in samples]


def test_a_label_is_stored_with_its_guideline_chain_and_audit_event(world: World) -> None:
    round = make_round(world)
    client = world.client("annotator")
    payload = sent(claim(client, round)[0]["slot"])
    payload["label"].update(
        is_edge_case=True, edge_case_kind="sarcasm", uncertain=True, about_someone_else=True, note="Hm.",
        secondary_types=["self_harm"], spans=[{"message": 0, "start": 0, "end": 5}], seconds_spent=12,
    )  # fmt: skip
    answer = call(client, round, "submit", payload)
    assert answer.status_code == 200 and answer.json()["replay"] is False
    stored = Annotation.objects.get()
    assert (stored.crisis_type, stored.severity, stored.confidence) == ("panic", 3, 0.7)
    assert (stored.edge_case_kind, stored.uncertain, stored.about_someone_else, stored.note) == (
        "sarcasm", True, True, "Hm.",
    )  # fmt: skip
    assert stored.guideline == round.guideline and stored.sha256 == answer.json()["sha256"]
    assert stored.slot.state == "done" and stored.revisions.get().sha256 == stored.sha256
    event = AuditEvent.objects.get(action="annotation.submit")
    assert stored.sha256 in event.payload_json and "panic" not in event.payload_json and "Hm." not in event.payload_json


def test_the_same_submit_again_gets_the_same_answer(world: World) -> None:
    round = make_round(world)
    client = world.client("annotator")
    payload = sent(claim(client, round)[0]["slot"])
    first, again = (call(client, round, "submit", payload).json() for _ in range(2))
    assert again == {**first, "replay": True}
    assert Annotation.objects.count() == AuditEvent.objects.filter(action="annotation.submit").count() == 1


def test_a_replay_is_answered_after_the_round_closed(world: World) -> None:
    round = make_round(world)
    client = world.client("annotator")
    payload = sent(claim(client, round)[0]["slot"])
    call(client, round, "submit", payload)
    services.round_close(round=round, actor=world.user("qa"))
    assert call(client, round, "submit", payload).json()["replay"] is True
    late = call(client, round, "submit", sent(payload["slot"]))
    assert (late.status_code, late.json()["error"]) == (409, "round_closed")


def test_another_label_under_the_same_uuid_is_a_conflict(world: World) -> None:
    round = make_round(world)
    client = world.client("annotator")
    payload = sent(claim(client, round)[0]["slot"])
    call(client, round, "submit", payload)
    payload["label"]["severity"] = 4
    answer = call(client, round, "submit", payload)
    assert (answer.status_code, answer.json()["error"]) == (409, "uuid_reused")
    assert Annotation.objects.get().severity == 3


def test_somebody_elses_uuid_is_a_conflict(world: World) -> None:
    round = make_round(world)
    one, two = world.client("annotator"), world.client("annotator", n=2)
    payload = sent(claim(one, round)[0]["slot"])
    call(one, round, "submit", payload)
    theirs = {**payload, "slot": claim(two, round)[0]["slot"]}
    assert call(two, round, "submit", theirs).status_code == 409


def test_an_edit_makes_a_revision_chained_to_the_one_before(world: World) -> None:
    round = make_round(world)
    client = world.client("annotator")
    slot = claim(client, round)[0]["slot"]
    first = call(client, round, "submit", sent(slot)).json()
    edit = sent(slot, base_revision=1, label={**LABEL, "severity": 4})
    second = call(client, round, "submit", edit).json()
    assert second["revision"] == 2
    stored = Annotation.objects.get()
    assert (stored.severity, stored.prev_sha256, stored.sha256) == (4, first["sha256"], second["sha256"])
    assert [r.prev_sha256 for r in AnnotationRevision.objects.order_by("revision")] == ["", first["sha256"]]
    stale = call(client, round, "submit", sent(slot, base_revision=1))
    assert (stale.status_code, stale.json()["error"]) == (409, "edited_elsewhere")


def test_only_the_last_ten_are_editable(world: World) -> None:
    round = make_round(world, samples=11)
    person, client = world.user("annotator"), world.client("annotator")
    for _ in range(11):
        submit(services.slot_claim(round=round, annotator=person)[0], person)
    oldest = Annotation.objects.earliest("pk").slot_id
    answer = call(client, round, "submit", sent(oldest, base_revision=1))
    assert (answer.status_code, answer.json()["error"]) == (409, "too_old")
    recent = client.get(reverse("annotation:api_recent", args=[round.pk])).json()["labels"]
    assert len(recent) == 10 and oldest not in {entry["sample"]["slot"] for entry in recent}


def test_a_lapsed_lease_returns_at_once_and_the_late_label_is_refused(world: World) -> None:
    round = make_round(world, samples=1, annotators=3)
    first = claim(world.client("annotator"), round)[0]["slot"]
    assert claim(world.client("annotator", n=2), round)[0]["slot"] != first
    assert claim(world.client("annotator", n=3), round) == []
    Slot.objects.filter(pk=first).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim(world.client("annotator", n=3), round)[0]["slot"] == first
    late = call(world.client("annotator"), round, "submit", sent(first))
    assert (late.status_code, late.json()["error"]) == (409, "lease_lost")
    assert call(world.client("annotator", n=3), round, "submit", sent(first)).status_code == 200


def test_a_lapsed_lease_that_nobody_took_still_takes_the_label(world: World) -> None:
    round = make_round(world)
    slot = claim(world.client("annotator"), round)[0]["slot"]
    Slot.objects.filter(pk=slot).update(lease_until=timezone.now() - timedelta(hours=2))
    assert call(world.client("annotator"), round, "submit", sent(slot)).status_code == 200


def test_a_heartbeat_extends_what_is_held(world: World) -> None:
    round = make_round(world)
    slot = claim(world.client("annotator"), round)[0]["slot"]
    Slot.objects.filter(pk=slot).update(lease_until=timezone.now() + timedelta(seconds=5))
    assert call(world.client("annotator"), round, "heartbeat").json()["held"] == 3
    assert Slot.objects.get(pk=slot).lease_until > timezone.now() + timedelta(minutes=5)


def test_a_skip_needs_no_reason_and_goes_to_somebody_else(world: World) -> None:
    round = make_round(world, samples=1, annotators=3)
    slot = claim(world.client("annotator"), round)[0]["slot"]
    for _ in range(2):  # twice is harmless
        assert call(world.client("annotator"), round, "skip", {"slot": slot}).status_code == 200
    assert claim(world.client("annotator"), round) == []
    others = [claim(world.client("annotator", n=n), round)[0]["slot"] for n in (2, 3)]
    assert len(set(others)) == 2 and slot not in others
    assert Slot.objects.filter(item__round=round).exclude(state="skipped").count() == 2


def test_a_flag_reaches_the_round_page_once(world: World) -> None:
    round = make_round(world)
    client = world.client("annotator")
    slot = claim(client, round)[0]["slot"]
    for _ in range(2):
        answer = call(client, round, "flag", {"slot": slot, "kind": "clinical", "note": "Please look."})
        assert answer.status_code == 200
    assert Flag.objects.count() == 1
    page = world.client("clinical_lead").get(reverse("annotation:round_detail", args=[round.pk])).content.decode()
    assert "Please look." in page


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"crisis_type": "sadness"}, "crisis_type"),
        ({"severity": None}, "severity"),
        ({"severity": 6}, "bad_json"),
        ({"severity": True}, "bad_json"),
        ({"crisis_type": "none"}, "severity"),
        ({"confidence": 1.2}, "confidence"),
        ({"confidence": None}, "bad_json"),
        ({"is_edge_case": True}, "edge_case_kind"),
        ({"edge_case_kind": "sarcasm"}, "edge_case_kind"),
        ({"secondary_types": ["panic"]}, "secondary_types"),
        ({"secondary_types": ["none"]}, "secondary_types"),
        ({"note": "a\u0000b"}, "bad_text"),
        ({"note": "x" * 2001}, "bad_json"),
        ({"spans": [{"message": 9, "start": 0, "end": 1}]}, "spans"),
        ({"spans": [{"message": 0, "start": 3, "end": 3}]}, "spans"),
        ({"spans": [{"message": 0, "start": 0, "end": 99999}]}, "spans"),
        ({"surprise": 1}, "bad_json"),
    ],
)
def test_a_bad_label_is_refused_with_a_reason(world: World, change: dict[str, Any], code: str) -> None:
    round = make_round(world)
    client = world.client("annotator")
    answer = call(client, round, "submit", sent(claim(client, round)[0]["slot"], label={**LABEL, **change}))
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert not Annotation.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b"null", b'{"slot": 1e999}', b'{"slot": ' + b"9" * 4200 + b"}", b"[" * 60000,
        b'{"slot": 1, "client_uuid": "x", "label": {}}', b"\xff\xfe", b'{"note": "\\ud800"}', b" " * 70000,
    ],
)  # fmt: skip
def test_a_bad_body_is_a_400(world: World, body: bytes) -> None:
    round = make_round(world)
    url = reverse("annotation:api_submit", args=[round.pk])
    assert world.client("annotator").post(url, body, content_type="application/json").status_code == 400


def test_a_lone_surrogate_in_a_note_is_a_400(world: World) -> None:
    round = make_round(world)
    client = world.client("annotator")
    payload = json.dumps(sent(claim(client, round)[0]["slot"], label={**LABEL, "note": "MARK"}))
    url = reverse("annotation:api_submit", args=[round.pk])
    answer = client.post(url, payload.replace("MARK", "\\ud800"), content_type="application/json")
    assert answer.status_code == 400


def test_a_crisis_label_needs_evidence_where_the_project_says_so(world: World) -> None:
    round = make_round(world)
    services.policy_change(project=world.project, actor=world.user("qa"), changes={"spans_required": True})
    client = world.client("annotator")
    assert "data-spans-required" in client.get(reverse("annotation:round_label", args=[round.pk])).content.decode()
    one, two = (sample["slot"] for sample in claim(client, round)[:2])
    bare = call(client, round, "submit", sent(one))
    assert (bare.status_code, bare.json()["error"]) == (400, "spans")
    marked = sent(one, label={**LABEL, "spans": [{"message": 0, "start": 0, "end": 5}]})
    assert call(client, round, "submit", marked).status_code == 200
    none = sent(two, label={"crisis_type": "none", "confidence": 0.9})
    assert call(client, round, "submit", none).status_code == 200


def test_who_may_label(world: World) -> None:
    round = make_round(world)
    assert call(world.client("annotator", n=3), round, "claim").status_code == 403  # not invited
    assert call(world.client("qa"), round, "claim").status_code == 403
    assert call(world.outsider_client("annotator"), round, "claim").status_code == 404
    assert call(world.anonymous(), round, "claim").status_code == 401
    assert world.outsider_client("annotator").get(reverse("annotation:round_label", args=[round.pk])).status_code == 404


def test_somebody_elses_slot_is_refused(world: World) -> None:
    round = make_round(world)
    theirs = claim(world.client("annotator", n=2), round)[0]["slot"]
    answer = call(world.client("annotator"), round, "submit", sent(theirs))
    assert (answer.status_code, answer.json()["error"]) == (409, "lease_lost")
    assert call(world.client("annotator"), round, "skip", {"slot": theirs}).status_code == 409
    assert call(world.client("annotator"), round, "submit", sent(2**62)).status_code == 404


def test_csrf_is_checked(world: World) -> None:
    round = make_round(world)
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.user("annotator"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert call(client, round, "claim").status_code == 403


def test_the_instrument_page_is_blind_and_shows_whom_to_call(world: World) -> None:
    round = make_round(world)
    two = world.user("annotator", n=2)
    submit(services.slot_claim(round=round, annotator=two)[0], two, HARM)
    page = world.client("annotator").get(reverse("annotation:round_label", args=[round.pk])).content.decode()
    assert "988" in page and "112" in page and "is-blurred" in page
    assert "section-immediate_harm" in page
    assert two.pseudonym not in page and "kappa" not in page.lower()
    detail = world.client("annotator").get(reverse("annotation:round_detail", args=[round.pk])).content.decode()
    assert two.pseudonym not in detail and "kappa" not in detail.lower()


def test_label_leads_to_an_open_round_or_says_there_is_none(world: World) -> None:
    client = world.client("annotator")
    assert "Nothing to label" in client.get(reverse("annotation:label")).content.decode()
    round = make_round(world)
    answer = client.get(reverse("annotation:label"))
    assert answer.status_code == 302 and answer["Location"].endswith(f"/rounds/{round.pk}/label/")
