"""What comes by an import is screened on its way in, and a text that was rewritten since is known again."""

from typing import Any

from datasets_app.models import ImportBatch, PiiFinding, Record
from datasets_app.services.ingest import records_preview
from datasets_app.services.pii import pii_confirm
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_retry
from tests.datasets.making import imported, jsonl
from tests.personas import World
from tests.pii_queue.making import CALM, TEXT, accept_all, reviewer, said, text_of

FILE = jsonl([{"messages": said(TEXT, "Thank you, Marta.")}, {"messages": said(CALM, "I see.")}])


def test_an_import_of_real_words_fills_the_queue(world: World) -> None:
    batch = imported(world.project, FILE, source="real", consent_basis="Consent")
    assert (batch.accepted, Record.objects.filter(pii_state="pending").count()) == (2, 1)
    assert PiiFinding.objects.filter(record__import_batch=batch).count() >= 3


def test_the_same_file_again_after_the_review_brings_nothing_new(world: World, tmp_path: Any) -> None:
    imported(world.project, FILE, source="real")
    record = Record.objects.get(pii_state="pending")
    pii_confirm(record=record, actor=reviewer(world), version=record.content_hash, decisions=accept_all(record))
    again = imported(world.project, FILE, name="again.jsonl", source="real")
    assert (again.read, again.accepted, again.duplicates) == (2, 0, 2)
    assert Record.objects.count() == 2 and "Marta" not in text_of(record)
    path = tmp_path / "again.jsonl"
    path.write_bytes(FILE)
    preview = records_preview(project=world.project, family="priority_datasets", path=path)
    assert (preview.accepted, preview.duplicates) == (0, 2)


def test_a_resume_after_the_original_went_says_so(world: World) -> None:
    batch = imported(world.project, FILE, source="real")
    ImportBatch.objects.filter(pk=batch.pk).update(state="failed", original_purged_at=batch.created_at)
    type(batch.job).objects.filter(pk=batch.job_id).update(state="failed")
    batch.job.refresh_from_db()
    job_retry(job=batch.job, actor=reviewer(world))
    run_inline(batch.job)
    assert batch.job.state == "failed" and "was deleted on" in batch.job.error
    assert batch.file_sha256 in batch.job.error
