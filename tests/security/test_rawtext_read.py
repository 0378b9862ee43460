"""Being shown the words of conversations leaves one event per page or file, with ids only; so does every other act."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from datasets_app.models import Record
from datasets_app.services.pii import pii_confirm
from inference.models import OverrideReason
from inference.services import case_override
from pixelhub.accounts.services import membership_grant, membership_revoke
from pixelhub.audit.acts import GROUPS, REQUIRED, acts
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_verify
from tests.personas import PASSWORD
from tests.pii_queue.making import EMAIL, TEXT, accept_all, make_batch, said, screened
from tests.security.addresses import address
from tests.security.place import REFUSED_ROW, SAID, Place

READ = {
    "datasets:record_detail": ("clinical_lead", "datasets_app.Record"),
    "datasets:import_quarantine": ("data_engineer", "datasets_app.ImportBatch"),
    "datasets:duplicate_search": ("qa", "datasets_app.DuplicateSearch"),
    "datasets:augmentation_quarantine": ("data_engineer", "datasets_app.Augmentation"),
    "datasets:variation_review": ("qa", "datasets_app.Variation"),
    "datasets:release_file": ("qa", "datasets_app.Release"),
    "datasets:ladder_file": ("qa", "datasets_app.StageLadder"),
    "annotation:round_adjudicate": ("qa", "annotation.RoundItem"),
    "review:case_judge": ("qa", "review.ReviewCase"),
    "review:error_read": ("qa", "training_app.ModelVersion"),
    "training:version_errors": ("qa", "training_app.ModelVersion"),
}


def reads() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="rawtext.read"))


@pytest.mark.parametrize("name", READ)
def test_one_view_is_one_event_with_ids_only(place: Place, name: str) -> None:
    role, target = READ[name]
    response = place.world.client(role).get(address(name, place))
    assert response.status_code == 200
    [event] = reads()
    assert (event.actor_id, event.project_id) == (place.world.user(role).pk, place.world.project.pk)
    assert event.target_type == target
    payload = json.loads(event.payload_json)
    assert SAID not in event.payload_json and REFUSED_ROW not in event.payload_json
    assert set(payload) <= {"record", "rows", "file", "missed_cases", "records", "errors"}
    words = {word for record in Record.objects.all() for turn in record.messages for word in [turn["content"]]}
    assert not words & {value for value in payload.values() if isinstance(value, str)}


@pytest.mark.parametrize(("name", "role"), [("datasets:record_detail", "pm"), ("review:signoff", "ml_engineer")])
def test_a_page_without_its_words_is_no_reading(place: Place, name: str, role: str) -> None:
    response = place.world.client(role).get(address(name, place))
    assert response.status_code == 200
    assert SAID.encode() not in response.content
    assert reads() == []


def test_refused_requests_and_files_without_text_are_no_reading(place: Place) -> None:
    pm = place.world.client("pm")
    assert pm.get(address("datasets:import_quarantine", place)).status_code == 403
    assert pm.get(address("datasets:release_file", place)).status_code == 403
    readme = reverse("datasets:release_file", args=[place.release.pk, "README.md"])
    assert place.world.client("qa").get(readme).status_code == 200
    assert reads() == []


def groups_since(seq: int) -> set[str]:
    known = acts()
    actions = AuditEvent.objects.filter(seq__gt=seq).values_list("action", flat=True)
    return {known[action].group for action in actions}


def test_each_act_that_must_be_audited_is(place: Place) -> None:
    """What the place was made by, and after it the acts that no place is made by."""
    world = place.world
    made = groups_since(0)
    seq = AuditEvent.objects.latest("seq").seq
    lead, qa = world.user("clinical_lead"), world.user("qa")

    browser = world.anonymous()
    browser.post(reverse("account_login"), {"login": qa.username, "password": "wrong"})
    browser.post(reverse("account_login"), {"login": qa.username, "password": PASSWORD})
    browser.get(reverse("datasets:record_detail", args=[place.record.pk]))
    browser.get(reverse("datasets:snapshot_download", args=[place.snapshot.pk]))
    browser.post(reverse("account_logout"))
    membership = membership_grant(project=world.project, user=qa, role="pm", actor=world.user("administrator"))
    membership_revoke(membership=membership, actor=world.user("administrator"))
    [record] = screened(make_batch(world.project), said(TEXT, "Thank you, Marta."))
    pii_confirm(record=record, actor=qa, version=record.content_hash, decisions=accept_all(record))
    assert place.study.pk  # started by its service
    case = place.alarm_case
    case_override(case=case, actor=lead, reason=OverrideReason.values[0], text="a figure of speech", seen=case.last_seq)

    missing = set(REQUIRED) - made - groups_since(seq)
    assert not missing, f"these acts left no event: {[GROUPS[name] for name in sorted(missing)]}"
    after = set(AuditEvent.objects.filter(seq__gt=seq).values_list("action", flat=True))
    assert {"session.sign_in", "session.sign_in_failed", "session.sign_out", "file.download"} <= after
    assert {"rawtext.read", "membership.grant", "membership.revoke", "case.overridden"} <= after
    for planted in (SAID, REFUSED_ROW, "Marta", EMAIL, PASSWORD, "a figure of speech"):
        assert not [event for event in AuditEvent.objects.all() if planted in event.payload_json], planted
    assert chain_verify().ok
