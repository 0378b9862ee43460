"""Compiling a release: what goes in, byte identity, what verification finds."""

import json
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from datasets_app.corpus import manifest
from datasets_app.corpus.verify import verify_release
from datasets_app.models import ImmutableRow, Record, Release
from datasets_app.services import ReleaseRefused, StoreReader, release_create, snapshot_publish
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.datasets.making import compiled, imported, jsonl, label_of, published, synthetic
from tests.personas import World


def lines_of(release: Release) -> dict[str, list[dict[str, Any]]]:
    store = get_store()
    found: dict[str, list[dict[str, Any]]] = {"train": [], "val": [], "test": []}
    for stat in store.list(f"{release.object_prefix}shards/"):
        split = stat.key.split("/")[-2]
        found[split] += [json.loads(line) for line in store.read(stat.key).splitlines()]
    return found


def test_release_holds_every_label_once_and_verifies(world: World) -> None:
    synthetic(world.project, 200)
    snapshot = published(world.project)
    release = compiled(world.project)
    assert release.state == "published", release.error
    lines = lines_of(release)
    total = sum(len(part) for part in lines.values())
    assert total == 200 == release.counts["total"]
    assert abs(len(lines["train"]) / total - 0.7) < 0.03
    line = lines["train"][0]
    record = Record.objects.get(content_hash=line["metadata"]["content_hash"])
    provenance = line["metadata"]["provenance"]
    assert provenance["snapshot_sha256"] == snapshot.sha256
    assert [item["id"] for item in provenance["annotations"]] == [record.pk * 2, record.pk * 2 + 1]
    assert provenance["import_batch"] == record.import_batch_id
    assert line["messages"] == record.messages
    report = verify_release(StoreReader(get_store(), release.object_prefix), manifest_sha256=release.manifest_sha256)
    assert report.ok, report.reasons


def test_same_labels_and_seed_give_the_same_shards(world: World) -> None:
    synthetic(world.project, 80)
    published(world.project)
    first, second = compiled(world.project, "1.0.0", seed=9), compiled(world.project, "1.0.1", seed=9)
    other = compiled(world.project, "1.0.2", seed=10)
    store = get_store()

    def shards(release: Release) -> dict[str, bytes]:
        size = len(release.object_prefix)
        return {stat.key[size:]: store.read(stat.key) for stat in store.list(f"{release.object_prefix}shards/")}

    assert shards(first) == shards(second)
    assert shards(first) != shards(other)


def test_compiling_again_changes_nothing(world: World) -> None:
    synthetic(world.project, 40)
    published(world.project)
    release = compiled(world.project)
    store = get_store()
    before = {stat.key: store.read(stat.key) for stat in store.list(release.object_prefix)}
    events = AuditEvent.objects.count()
    # As after a kill between the upload and the last step: the row still says compiling.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE datasets_app_release SET state = 'compiling', manifest_sha256 = '' WHERE id = %s", [release.pk]
        )
        cursor.execute("UPDATE jobs_job SET state = 'queued', lease_until = NULL WHERE id = %s", [release.job_id])
    release.job.refresh_from_db()
    run_inline(release.job)
    again = Release.objects.get(pk=release.pk)
    assert again.state == "published" and again.manifest_sha256 == release.manifest_sha256
    assert {stat.key: store.read(stat.key) for stat in store.list(release.object_prefix)} == before
    assert AuditEvent.objects.filter(action="release.publish").count() == 2
    assert AuditEvent.objects.count() == events + 1


def test_latest_snapshot_wins_per_record(world: World) -> None:
    synthetic(world.project, 30)
    published(world.project)
    record = Record.objects.filter(proposed_type="none").first()
    assert record is not None
    snapshot_publish(
        project=world.project, name="Correction", origin={"rounds": [2]}, simulated=False, actor=None,
        labels=[label_of(record, crisis_type="panic")],
    )  # fmt: skip
    release = compiled(world.project)
    found = [
        line for part in lines_of(release).values() for line in part
        if line["metadata"]["content_hash"] == record.content_hash
    ]  # fmt: skip
    assert [line["crisis_type"] for line in found] == ["panic"]
    assert release.counts["total"] == 30


def test_no_edge_case_is_lost_whoever_flagged_it(world: World) -> None:
    synthetic(world.project, 120)
    records = list(Record.objects.filter(project=world.project))
    plain = next(record for record in records if not record.is_edge_case)
    flagged = sum(record.is_edge_case for record in records)
    assert flagged > 0
    snapshot_publish(
        project=world.project, name="Flags", origin={}, simulated=True, actor=None,
        # People set a flag on one record and set none on all others: the input's own flags must survive.
        labels=[label_of(record, is_edge_case=record.pk == plain.pk, edge_case_kind="") for record in records],
    )  # fmt: skip
    release = compiled(world.project)
    edge = [line for part in lines_of(release).values() for line in part if line["metadata"]["is_training_edge_case"]]
    assert len(edge) == flagged + 1 == release.counts["edge_cases"]["in_release"]
    assert release.counts["simulated_labels"] == 120


def test_groups_never_cross_splits(world: World) -> None:
    rows = [
        {"id": f"r{n}", "question_id": f"q{n // 5}", "conversation": [{"role": "user", "content": f"words {n}"}]}
        for n in range(150)
    ]
    imported(world.project, jsonl(rows))
    published(world.project)
    where: dict[str, set[str]] = {}
    for split, part in lines_of(compiled(world.project)).items():
        for line in part:
            where.setdefault(f"q{int(line['id'][1:]) // 5}", set()).add(split)
    assert len(where) == 30
    assert Counter(len(splits) for splits in where.values()) == {1: 30}


def test_published_release_cannot_be_changed(world: World) -> None:
    synthetic(world.project, 20)
    published(world.project)
    release = compiled(world.project)
    release.counts = {}
    with pytest.raises(ImmutableRow):
        release.save()


def test_version_is_used_once_and_needs_a_snapshot(world: World) -> None:
    with pytest.raises(ReleaseRefused, match="no published label snapshot"):
        release_create(project=world.project, version="1.0.0", seed=0, actor=None)
    synthetic(world.project, 20)
    published(world.project)
    compiled(world.project, "1.0.0")
    with pytest.raises(ReleaseRefused, match="exists already"):
        release_create(project=world.project, version="1.0.0", seed=0, actor=None)
    for wrong in ("one", "1.0", "../x", "1.0.0\n"):
        with pytest.raises(ReleaseRefused, match="looks like"):
            release_create(project=world.project, version=wrong, seed=0, actor=None)


def test_failed_gate_fails_the_release_with_its_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    synthetic(world.project, 20)
    published(world.project)
    real = manifest.release_gates

    def one_lost(counts: Any, edge_cases_expected: int, params: Any = None) -> Any:
        return real(counts, edge_cases_expected + 1, params)

    monkeypatch.setattr(manifest, "release_gates", one_lost)
    release = compiled(world.project)
    assert release.state == "failed"
    assert "edge_cases" in release.error
    assert not get_store().exists(f"{release.object_prefix}manifest.json")


def test_only_usable_records_go_in_and_the_others_are_counted_by_reason(world: World) -> None:
    synthetic(world.project, count=20)
    real = [{"messages": [{"role": "user", "content": f"a made-up message, number {n}"}]} for n in range(4)]
    imported(world.project, jsonl(real), source="real")
    published(world.project)
    waiting, withdrawn = Record.objects.filter(source="real")[:2]
    # Whatever the import did about screening: one clean, one that waits for a person, one that was withdrawn.
    Record.objects.filter(source="real").update(pii_state=Record.PiiState.CLEAN)
    Record.objects.filter(pk=waiting.pk).update(pii_state=Record.PiiState.PENDING)
    Record.objects.filter(pk=withdrawn.pk).update(state=Record.State.WITHDRAWN)
    release = compiled(world.project)
    assert release.state == "published", release.error
    assert release.counts["total"] == 22 and release.counts["pii"] == {"checked": 20, "clean": 2}
    assert release.params["left_out"] == {"waiting for the review of identifiers": 1, "withdrawn": 1}
    held = {line["metadata"]["content_hash"] for part in lines_of(release).values() for line in part}
    assert not held & {waiting.content_hash, withdrawn.content_hash}
    page = world.client("data_engineer").get(reverse("datasets:release_detail", args=[release.pk])).content.decode()
    assert "2 labelled records were left out: 1 waiting for the review of identifiers, 1 withdrawn" in " ".join(
        page.split()
    )


def test_without_any_usable_record_the_release_says_why(world: World) -> None:
    imported(world.project, jsonl([{"messages": [{"role": "user", "content": "a made-up message"}]}]), source="real")
    published(world.project)
    Record.objects.update(pii_state=Record.PiiState.PENDING)
    release = compiled(world.project)
    assert (release.state, release.error) == (
        "failed",
        "No record can be used (1 waiting for the review of identifiers).",
    )
