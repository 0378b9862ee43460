"""Originals of real words go when their time has come; the row keeps the hash, and what is gone says so."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.template import Context, Template
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from datasets_app.checks import days_and_leases_are_sane, originals_are_purged
from datasets_app.models import ImportBatch, PiiFinding, Record
from datasets_app.services.pii import pii_confirm
from datasets_app.services.retention import original_gone, original_purge, originals_due, purge_at
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.context import workdir_of
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.schedule import start_due
from pixelhub.jobs.services import job_enqueue
from pixelhub.objects import ObjectStoreError, get_store
from tests.personas import World
from tests.pii_queue.making import CALM, TEXT, accept_all, make_batch, reviewer, said, screened

KEY, QUARANTINE = "imports/alpha/file.jsonl", "imports/alpha/1/quarantine.jsonl"


def old_batch(world: World, *, days: int = 40, conversations: tuple[str, ...] = (CALM,), **more: Any) -> ImportBatch:
    """An import of that many days ago, with its file and its quarantine in the store."""
    batch = make_batch(world.project, **({"object_key": KEY, "quarantine_key": QUARANTINE} | more))
    for key in filter(None, (batch.object_key, batch.quarantine_key)):
        get_store().put(key, b"words of a person")
    screened(batch, *(said(text) for text in conversations))
    ImportBatch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - timedelta(days=days))
    batch.refresh_from_db()
    return batch


def purge(*options: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("purge_originals", "--json", *options, stdout=out, stderr=io.StringIO())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_file_and_quarantine_go_and_the_hash_stays(world: World) -> None:
    batch = old_batch(world)
    assert purge("--dry-run")["due"] == [batch.pk] and get_store().exists(KEY)
    report = purge()
    assert (report["purged"], report["objects"], report["bytes"]) == (1, 2, 34)
    assert not get_store().exists(KEY) and not get_store().exists(QUARANTINE)
    batch.refresh_from_db()
    assert batch.original_purged_at is not None and batch.file_sha256 == "0" * 64
    event = AuditEvent.objects.get(action="import.purge_original")
    assert json.loads(event.payload_json) == {"file_sha256": "0" * 64, "objects": 2, "bytes": 34}
    assert purge() == {"dry_run": False, "due": [], "purged": 0, "objects": 0, "bytes": 0, "failed": []}


@pytest.mark.parametrize(
    "reason", ["young", "synthetic", "pending", "unscanned", "running", "just decided"],
)  # fmt: skip
def test_what_is_needed_or_nobodys_stays(world: World, reason: str) -> None:
    batch = old_batch(
        world,
        days=29 if reason == "young" else 40,
        source="synthetic" if reason == "synthetic" else "real",
        state="running" if reason == "running" else "done",
        conversations=(TEXT if reason in ("pending", "just decided") else CALM,),
    )
    if reason == "unscanned":
        Record.objects.update(pii_state="unscanned")
    if reason == "just decided":
        [record] = batch.records.all()
        pii_confirm(record=record, actor=reviewer(world), version=record.content_hash, decisions=accept_all(record))
    assert not originals_due().exists()
    assert purge()["purged"] == 0 and original_purge(batch=batch) is None
    assert get_store().exists(KEY)


def test_the_days_count_from_the_last_decision(world: World) -> None:
    batch = old_batch(world, conversations=(TEXT,))
    assert purge_at(batch) is None, "nothing is due while identifiers wait"
    Record.objects.update(pii_state="reviewed")
    decided = timezone.now() - timedelta(days=10)
    PiiFinding.objects.update(state="accepted", decided_at=decided)
    assert purge_at(batch) == decided + timedelta(days=30)
    with override_settings(ORIGINALS_KEEP_DAYS=9):
        assert purge()["due"] == [batch.pk]


def test_a_file_that_another_import_still_needs_stays_for_it(world: World) -> None:
    first = old_batch(world, quarantine_key="")
    second = old_batch(world, days=2, quarantine_key="", conversations=(CALM + " Again.",))
    assert purge()["purged"] == 1
    assert get_store().exists(KEY)
    ImportBatch.objects.filter(pk=second.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert purge()["purged"] == 1 and not get_store().exists(KEY)
    assert ImportBatch.objects.filter(pk__in=[first.pk, second.pk], original_purged_at__isnull=True).count() == 0


def test_the_copy_that_a_failed_job_keeps_goes_too(world: World) -> None:
    job = Job.objects.create(kind="dataset.import", project=world.project, state="failed", params={})
    batch = old_batch(world, state="running", job=job)
    workdir_of(job).mkdir(parents=True)
    (workdir_of(job) / "source").write_bytes(b"words of a person")
    assert purge()["due"] == [batch.pk]
    assert not workdir_of(job).exists()


def test_other_projects_stay_out_of_a_named_one(world: World) -> None:
    old_batch(world)
    assert purge("--project", "beta")["due"] == []
    assert len(purge("--project", "alpha")["due"]) == 1


def test_what_is_gone_says_so_plainly(world: World) -> None:
    batch = old_batch(world)
    assert original_gone(batch) == ""
    purge()
    batch.refresh_from_db()
    today = f"{batch.original_purged_at:%Y-%m-%d}"
    assert original_gone(batch).startswith(f"The original of this import was deleted on {today}, as the policy says")
    assert batch.file_sha256 in original_gone(batch)
    assert f"deleted on {today}" in shown(world, batch)
    again = make_batch(world.project)
    assert "Brought in before" in shown(world, again) and f"import {batch.pk}" in shown(world, again)


def shown(world: World, batch: ImportBatch) -> str:
    """What the import's page includes."""
    template = Template("{% load identifiers %}{% import_identifiers batch user %}")
    return str(template.render(Context({"batch": batch, "user": reviewer(world)})))


def test_the_part_of_an_imports_page_counts_its_records(world: World) -> None:
    batch = make_batch(world.project)
    screened(batch, said(TEXT), said(CALM))
    part = shown(world, batch)
    assert "Wait for review" in part and "Review identifiers" in part and "Nothing found" in part
    assert "30 days after its review" in part
    template = Template("{% load identifiers %}{% import_identifiers batch user %}")
    assert "Review identifiers" not in template.render(Context({"batch": batch, "user": world.user("pm")}))


def test_the_worker_does_it_every_day(world: World, settings: Any) -> None:
    batch = old_batch(world)
    settings.JOBS_DAILY = {"dataset.purge_originals": "00:00"}
    now = timezone.now()
    assert start_due(now) == ["dataset.purge_originals"] and start_due(now) == []
    job = Job.objects.get(kind="dataset.purge_originals")
    run_inline(job)
    assert job.result == {"purged": 1, "objects": 2, "bytes": 34}, job.error
    batch.refresh_from_db()
    assert batch.original_purged_at is not None


def test_a_store_that_refuses_fails_the_job_and_the_command_and_notes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = old_batch(world)

    def refuse(self: object, key: str) -> None:
        raise ObjectStoreError(f"cannot delete {key}")

    monkeypatch.setattr("pixelhub.objects.local.LocalStore.delete", refuse)
    with pytest.raises(SystemExit) as ended:
        call_command("purge_originals", stdout=io.StringIO(), stderr=io.StringIO())
    assert ended.value.code == 1
    job = job_enqueue(kind="dataset.purge_originals", params={}, project=None, owner=None)
    run_inline(job)
    assert job.state == "failed" and "could not be deleted" in job.error
    batch.refresh_from_db()
    assert batch.original_purged_at is None


def test_checks_name_what_is_wrong(settings: Any) -> None:
    settings.ORIGINALS_KEEP_DAYS, settings.PII_LEASE_SECONDS = -1, 5
    assert {found.id for found in days_and_leases_are_sane(None)} == {"datasets_app.E010", "datasets_app.E011"}
    settings.JOBS_DAILY = {}
    assert [found.id for found in originals_are_purged(None)] == ["datasets_app.W012"]
    settings.JOBS_DAILY = {"dataset.purge_originals": "03:10"}
    assert originals_are_purged(None) == []


def test_the_imports_page_shows_it_and_the_quarantine_is_gone_plainly(world: World) -> None:
    batch = old_batch(world)
    ImportBatch.objects.filter(pk=batch.pk).update(read=2, accepted=1, quarantined=1)
    page = reverse("datasets:import_detail", args=[batch.pk])
    download = reverse("datasets:import_quarantine", args=[batch.pk])
    client = world.client("data_engineer")
    assert "Download quarantined rows" in client.get(page).content.decode()
    purge()
    shown_now = client.get(page).content.decode()
    assert "with its quarantine, as the policy says (30 days after its review)" in shown_now
    assert "Download quarantined rows" not in shown_now
    assert client.get(download).status_code == 404
