"""Publishing a snapshot: canonical bytes, hashes, immutability, refusals."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from datasets_app.models import ImmutableRow, LabelSnapshot, Record, SnapshotLabel
from datasets_app.services import SnapshotRefused, snapshot_publish
from pixelhub.audit.models import AuditEvent
from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.objects import get_store
from tests.datasets.making import label_of, published, synthetic
from tests.personas import World


def test_file_rows_and_hashes_agree(world: World) -> None:
    synthetic(world.project, 30)
    snapshot = published(world.project)
    data = get_store().read(snapshot.object_key)
    assert sha256_hex(data) == snapshot.sha256
    lines = data.splitlines()
    hashes = [json.loads(line)["content_hash"] for line in lines]
    assert hashes == sorted(hashes) and len(hashes) == 30 == snapshot.labels_count
    assert all(line == canonical_json(json.loads(line)) for line in lines)
    stored = {label.record.content_hash: label.label_sha256 for label in snapshot.labels.select_related("record")}
    assert stored == {content: sha256_hex(line) for content, line in zip(hashes, lines, strict=True)}
    assert b"content" in data and all(
        message["content"].encode() not in data for message in Record.objects.all()[0].messages
    )
    event = AuditEvent.objects.get(action="snapshot.publish")
    assert snapshot.sha256 in event.payload_json


def test_order_of_the_labels_changes_nothing_and_numbers_go_up(world: World) -> None:
    synthetic(world.project, 20)
    records = list(Record.objects.all())
    first, second = published(world.project, records), published(world.project, reversed(records))
    assert (first.number, second.number) == (1, 2)
    assert first.sha256 == second.sha256


def test_published_rows_never_change(world: World) -> None:
    synthetic(world.project, 5)
    snapshot = published(world.project)
    label = snapshot.labels.first()
    assert label is not None
    for act in (snapshot.save, snapshot.delete, label.save, label.delete):
        with pytest.raises(ImmutableRow):
            act()
    with pytest.raises(ImmutableRow):
        SnapshotLabel.objects.update(crisis_type="none")
    with pytest.raises(ImmutableRow):
        LabelSnapshot.objects.filter(pk=snapshot.pk).delete()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"crisis_type": "sadness"}, "unknown crisis type"),
        ({"crisis_type": "none", "severity": 3}, "none has no severity"),
        ({"crisis_type": "panic", "severity": None}, "needs a severity"),
        ({"crisis_type": "panic", "severity": 6}, "1 to 5"),
        ({"confidence": 1.2}, "between 0 and 1"),
        ({"confidence": float("nan")}, "between 0 and 1"),
        ({"edge_case_kind": "odd"}, "kind of edge case"),
        ({"decided_by": "coin"}, "decided_by"),
        ({"annotations": []}, "needs annotations"),
        ({"annotations": [{"id": 1}]}, "needs annotations"),
        ({"record_id": 999_999}, "no such record"),
    ],
)
def test_wrong_label_is_refused_whole(world: World, changes: dict[str, Any], reason: str) -> None:
    synthetic(world.project, 3)
    record = Record.objects.all()[0]
    with pytest.raises(SnapshotRefused, match=reason):
        snapshot_publish(
            project=world.project,
            name="x",
            labels=[label_of(record, **changes)],
            origin={},
            simulated=False,
            actor=None,
        )
    assert not LabelSnapshot.objects.exists()


def test_record_of_another_project_and_a_record_twice_are_refused(world: World) -> None:
    synthetic(world.other_project, 3)
    record = Record.objects.all()[0]
    options: dict[str, Any] = {"name": "x", "origin": {}, "simulated": False, "actor": None}
    with pytest.raises(SnapshotRefused, match="no such record"):
        snapshot_publish(project=world.project, labels=[label_of(record)], **options)
    with pytest.raises(SnapshotRefused, match="twice"):
        snapshot_publish(project=world.other_project, labels=[label_of(record)] * 2, **options)
    with pytest.raises(SnapshotRefused, match="at least one"):
        snapshot_publish(project=world.project, labels=[], **options)


def test_database_refuses_a_crisis_without_severity(world: World) -> None:
    synthetic(world.project, 3)
    snapshot = published(world.project, Record.objects.all()[:1])
    with pytest.raises(IntegrityError), transaction.atomic():
        SnapshotLabel.objects.create(
            snapshot=snapshot, record=Record.objects.all()[1], crisis_type="panic", severity=None, confidence=1,
            decided_by="majority", label_sha256="0" * 64,
        )  # fmt: skip
