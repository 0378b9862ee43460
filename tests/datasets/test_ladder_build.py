"""A stage ladder of a release in the hub: built by a job, looked at by the team, downloaded by readers, never twice."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from datasets_app.corpus.stages import MANIFEST, QUARANTINE
from datasets_app.models import ImmutableRow, Release, StageLadder
from datasets_app.services.errors import LadderRefused
from datasets_app.services.ladders import LadderChoices, ladder_create
from pixelhub.audit.models import AuditEvent
from pixelhub.canonical import sha256_hex
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.datasets.making import compiled, imported, jsonl, published
from tests.personas import World
from tests.stages.making import FAMILY_OF, record, records, reply

CRISIS = {"crisis_type": "self_harm", "severity": 4}


@pytest.fixture
def release(world: World) -> Release:
    """A published release: records of all stages, good and bad, edge cases, refused crises."""
    rows = [*records(500), *(reply(record(n, 1), "curt") | CRISIS for n in range(5_000, 5_030))]
    for stage, family in FAMILY_OF.items():
        part = [row for row in rows if row["metadata"]["stage"] == stage]
        imported(world.project, jsonl(part), name=f"{family}.jsonl", family=family, stage=stage)
    published(world.project)
    made = compiled(world.project)
    assert made.state == "published", made.error
    return made


def built(release: Release, **choices: Any) -> StageLadder:
    ladder = ladder_create(release=release, choices=LadderChoices(**choices), actor=None)
    run_inline(ladder.job)
    ladder.refresh_from_db()
    return ladder


def files_of(ladder: StageLadder) -> dict[str, bytes]:
    store, cut = get_store(), len(ladder.object_prefix)
    return {stat.key[cut:]: store.read(stat.key) for stat in store.list(ladder.object_prefix)}


def lines_of(release: Release, split: str) -> list[dict[str, Any]]:
    store = get_store()
    keys = [stat.key for stat in store.list(f"{release.object_prefix}shards/{split}/")]
    return [json.loads(line) for key in keys for line in store.read(key).splitlines()]


def test_a_ladder_of_a_release_is_built_shown_and_downloaded(world: World, release: Release) -> None:
    engineer, outsider = Client(), Client()
    engineer.force_login(world.user("data_engineer"))
    outsider.force_login(world.outsider("data_engineer"))
    form = {"release": release.pk, "recipe": "four", "wanted": "", "seed": "3"}
    answer = engineer.post(reverse("datasets:ladder_create"), form)
    ladder = StageLadder.objects.get()
    page = reverse("datasets:ladder_detail", args=[ladder.pk])
    assert answer.url == page
    assert "waiting for a free worker" in engineer.get(page).content.decode()
    run_inline(ladder.job)
    ladder.refresh_from_db()
    assert ladder.state == "published", ladder.error

    # What it holds: of the train split every edge case, no crisis in quarantine, nothing of the other splits.
    files = files_of(ladder)
    manifest = json.loads(files[MANIFEST])
    assert sha256_hex(files[MANIFEST]) == ladder.manifest_sha256 and manifest == ladder.manifest
    assert manifest["adds_up"] and manifest["ratios_hold"] and manifest["read"] == len(lines_of(release, "train"))
    lines = [json.loads(line) for name in manifest["files"] for line in files[name].splitlines()]
    kept = {line["metadata"]["content_hash"] for line in lines}
    wanted = {
        line["metadata"]["content_hash"]
        for line in lines_of(release, "train")
        if line["metadata"]["is_training_edge_case"]
    }
    assert wanted and wanted <= kept
    others = {line["metadata"]["content_hash"] for split in ("val", "test") for line in lines_of(release, split)}
    assert not kept & others
    moved = sum(stage["moved_in"] for stage in manifest["stage_metrics"].values())
    assert moved > 5
    parts = ("total", "left_out", "copies", "rejected", "refused")
    assert manifest["read"] == sum(manifest[part] for part in parts)

    # Who sees what.
    for role in ("data_engineer", "pm"):
        client = Client()
        client.force_login(world.user(role))
        shown = client.get(page).content.decode()
        assert "40.0%" in shown and "too little empathy" in shown and ladder.manifest_sha256[:16] in shown
        assert (f"files/{QUARANTINE}" in shown) is (role == "data_engineer")
        assert "Ladder" in client.get(reverse("datasets:ladders")).content.decode()
        file = client.get(reverse("datasets:ladder_file", args=[ladder.pk, MANIFEST]))
        assert b"".join(file.streaming_content) == files[MANIFEST]
        text = client.get(reverse("datasets:ladder_file", args=[ladder.pk, QUARANTINE]))
        assert text.status_code == (200 if role == "data_engineer" else 403)
        assert client.get(reverse("datasets:ladder_create")).status_code == (200 if role == "data_engineer" else 403)
    held = engineer.get(reverse("datasets:ladder_file", args=[ladder.pk, QUARANTINE]))
    assert b"".join(held.streaming_content) == files[QUARANTINE]
    for name in ("manifest.json", "../1.0.0/manifest.json", f"x/{MANIFEST}"):
        assert engineer.get(f"{page}files/{name}").status_code == 404
    assert outsider.get(page).status_code == 404
    assert outsider.get(reverse("datasets:ladder_file", args=[ladder.pk, MANIFEST])).status_code == 404

    # The trail names the acts and holds no words; the row never changes; the same choices are not made twice.
    actions = list(AuditEvent.objects.filter(action__startswith="ladder.").values_list("action", flat=True))
    assert actions == ["ladder.create", "ladder.publish"]
    with pytest.raises(ImmutableRow):
        ladder.save()
    again = engineer.post(reverse("datasets:ladder_create"), form)
    assert again.status_code == 422 and f"Ladder {ladder.pk} is built" in again.content.decode()


def test_a_ladder_that_cannot_be_says_why_and_may_be_tried_otherwise(world: World, release: Release) -> None:
    failed = built(release, recipe="seven")
    assert failed.state == "failed" and "Long-running therapy" in failed.error
    assert AuditEvent.objects.filter(action="ladder.fail").count() == 1
    client = Client()
    client.force_login(world.user("data_engineer"))
    assert "the shares cannot hold" in client.get(reverse("datasets:ladder_detail", args=[failed.pk])).content.decode()
    seven = built(release, recipe="seven", without_empty_stages=True)
    assert seven.state == "published", seven.error
    assert len(seven.manifest["empty_stages"]) == 3
    draft = Release(project=release.project, version="9.9.9")
    with pytest.raises(LadderRefused):
        ladder_create(release=draft, choices=LadderChoices(), actor=None)
    # A release whose bytes are not those that were published is not built of.
    shard = next(stat.key for stat in get_store().list(f"{release.object_prefix}shards/train/"))
    get_store().put(shard, get_store().read(shard) + b"{}\n")
    tampered = built(release, seed=8)
    assert tampered.state == "failed" and "is not the file that was published" in tampered.error


def test_run_again_after_a_kill_before_the_last_step_nothing_changes(world: World, release: Release) -> None:
    ladder = built(release)
    before, events = files_of(ladder), AuditEvent.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE datasets_app_stageladder SET state = 'building', manifest_sha256 = '' WHERE id = %s", [ladder.pk]
        )
        cursor.execute("UPDATE jobs_job SET state = 'queued', lease_until = NULL WHERE id = %s", [ladder.job_id])
    ladder.job.refresh_from_db()
    run_inline(ladder.job)
    again = StageLadder.objects.get(pk=ladder.pk)
    assert (again.state, again.manifest_sha256) == ("published", ladder.manifest_sha256)
    assert files_of(again) == before
    assert AuditEvent.objects.count() == events + 1
