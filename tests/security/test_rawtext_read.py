"""Being shown the words of conversations leaves one event per page or file, with ids only."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from datasets_app.models import Record
from pixelhub.audit.models import AuditEvent
from tests.security.addresses import address
from tests.security.place import REFUSED_ROW, SAID, Place

READ = {
    "datasets:record_detail": ("clinical_lead", "datasets_app.Record"),
    "datasets:import_quarantine": ("data_engineer", "datasets_app.ImportBatch"),
    "datasets:duplicate_search": ("qa", "datasets_app.DuplicateSearch"),
    "datasets:release_file": ("qa", "datasets_app.Release"),
    "annotation:round_adjudicate": ("qa", "annotation.RoundItem"),
    "review:case_judge": ("qa", "review.ReviewCase"),
    "review:signoff": ("clinical_lead", "training_app.ModelVersion"),
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
