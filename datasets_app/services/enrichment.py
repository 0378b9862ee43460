"""Scores of a release's conversations as a job: start it, run it, keep what it found beside release and records.

The lines of scores lie in the object store; the newest scores of a record lie in its row, for search. Neither holds a
word of a conversation. What scores (rules, or trained heads) is the caller's: see training_app.jobs.enrichment.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from datasets_app.corpus.engine.executors import Executor, ExecutorError
from datasets_app.corpus.enrichment.bulk import BY_RULES, DOCUMENT, SCORES, enrich, scores_in
from datasets_app.corpus.verify import FolderReader, verify_release
from datasets_app.models import Enrichment, Record, RecordScores, Release
from pixelhub.accounts.models import Project
from pixelhub.audit.services import record
from pixelhub.canonical import canonical_json, sha256_file, sha256_hex
from pixelhub.jobs.base import JobError
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import ObjectNotFound, get_store

from .errors import EnrichmentRefused
from .ingest import StepContext

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

JOB_KIND: Final = "release.enrich"
_CHUNK: Final = 500
_FIELDS: Final = (
    "enrichment", "content_hash", "emotion", "valence", "arousal", "bias", "effectiveness", "safety", "cultural",
    "coherence", "empathy",
)  # fmt: skip


@dataclass(frozen=True)
class Scorer:
    """Who scores: a worker of the bulk job ("module:function") and the trained heads that it reads, if any."""

    worker: str = BY_RULES
    heads: Path | None = None
    heads_sha256: str = ""


def scores_topic(release: Release) -> str:
    """What pages about the scores of a release listen to."""
    return f"project:{release.project_id}:releases"


def enrichment_start(*, release: Release, actor: User | None) -> Enrichment:
    """Queue the scoring of a published release. Raises EnrichmentRefused for any other, and while one is under way."""
    if release.state != Release.State.PUBLISHED:
        raise EnrichmentRefused("Only a published release can be scored.")
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=release.project_id)
        latest = Enrichment.objects.filter(release=release).select_related("job").first()
        if latest is not None and latest.is_open:
            raise EnrichmentRefused("This release is being scored already; wait for it or cancel it.")
        enrichment = Enrichment.objects.create(release=release, started_by=actor)
        enrichment.job = job_enqueue(
            kind=JOB_KIND,
            params={"enrichment": enrichment.pk},
            project=release.project,
            owner=actor,
            idempotency_key=f"enrichment-{enrichment.pk}",
        )
        enrichment.save(update_fields=["job"])
        record(
            action="release.enrich",
            actor=actor,
            project=release.project,
            target=release,
            payload={"version": release.version, "enrichment": enrichment.pk},
        )
        touch(scores_topic(release))
    return enrichment


def enrichment_run(*, enrichment_id: int, scorer: Scorer, executor: Executor, ctx: StepContext) -> dict[str, Any]:
    """Score a release, keep lines and report, and give each record that is still as it was its scores.

    Safe to run again: scored parts and written records are passed over. Raises JobError where the stored release does
    not verify or cannot be scored.
    """
    enrichment = Enrichment.objects.select_related("release__project", "started_by").get(pk=enrichment_id)
    if enrichment.state == Enrichment.State.DONE:
        return _result(enrichment)
    release = enrichment.release
    with ctx.step():
        Enrichment.objects.filter(pk=enrichment.pk).update(state=Enrichment.State.RUNNING, error="")
        touch(scores_topic(release))
    folder, out = _fetched(release, ctx), ctx.workdir / "scores"
    try:
        done = enrich(
            folder,
            out,
            executor=executor,
            worker=scorer.worker,
            heads_folder=scorer.heads,
            heads_sha256=scorer.heads_sha256,
            progress=lambda at, total: ctx.progress(at, total, unit="conversations", note="scoring"),
        )
    except ExecutorError as error:
        raise JobError(f"The conversations could not be scored: {error}") from None
    matched = _note_scores(enrichment, out / SCORES, done.lines, ctx)
    prefix = _stored(release, out, done.document)
    with ctx.step(done=done.lines, total=done.lines, unit="conversations", note="scored"):
        Enrichment.objects.filter(pk=enrichment.pk).update(
            state=Enrichment.State.DONE,
            document=done.document,
            object_prefix=prefix,
            matched=matched,
            finished_at=timezone.now(),
        )
        record(
            action="release.enriched",
            actor=enrichment.started_by,
            project=release.project,
            target=release,
            payload={
                "version": release.version,
                "records": done.lines,
                "scores_sha256": done.document["scores_sha256"],
                "heads_sha256": scorer.heads_sha256,
            },
        )
        touch(scores_topic(release))
    enrichment.refresh_from_db()
    return _result(enrichment)


def enrichment_fail(*, enrichment_id: int, reason: str) -> None:
    """Note why a run failed, unless it is done."""
    enrichment = Enrichment.objects.select_related("release").get(pk=enrichment_id)
    with transaction.atomic():
        Enrichment.objects.filter(pk=enrichment_id).exclude(state=Enrichment.State.DONE).update(
            state=Enrichment.State.FAILED, error=reason
        )
        touch(scores_topic(enrichment.release))


def _fetched(release: Release, ctx: StepContext) -> Path:
    """Return the release's files, proven. Raises JobError."""
    folder = ctx.workdir / "release"
    shutil.rmtree(folder, ignore_errors=True)
    ctx.progress(0, release.counts["total"], unit="conversations", note="downloading")
    try:
        get_store().download_tree(release.object_prefix, folder)
    except ObjectNotFound:
        raise JobError("The object store no longer holds this release.") from None
    report = verify_release(FolderReader(folder), manifest_sha256=release.manifest_sha256)
    if not report.ok:
        raise JobError("The stored release does not verify: " + "; ".join(report.reasons[:5]))
    return folder


def _note_scores(enrichment: Enrichment, path: Path, total: int, ctx: StepContext) -> int:
    """Give the project's records their scores, chunk by chunk; return how many got some."""
    digest = sha256_file(path)
    known = ctx.checkpoint if ctx.checkpoint.get("scores") == digest else {}
    begun, matched = int(known.get("kept", 0)), int(known.get("matched", 0))
    lines = islice(scores_in(path), begun, None)
    while chunk := list(islice(lines, _CHUNK)):
        begun += len(chunk)
        state: dict[str, Any] = {}
        with ctx.step(done=total, total=total, note=f"noting scores, {begun:,} of {total:,}", checkpoint=state):
            rows = list(_score_rows(enrichment, chunk))
            RecordScores.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["record"], update_fields=_FIELDS
            )
            matched += len(rows)
            state |= {"scores": digest, "kept": begun, "matched": matched}
    return matched


def _score_rows(enrichment: Enrichment, chunk: list[dict[str, Any]]) -> Iterator[RecordScores]:
    found = Record.objects.filter(
        project=enrichment.release.project_id, content_hash__in=[scores["content_hash"] for scores in chunk]
    )
    records = dict(found.values_list("content_hash", "pk"))
    for scores in chunk:
        if scores["content_hash"] in records:
            yield _score_row(enrichment, records[scores["content_hash"]], scores)


def _score_row(enrichment: Enrichment, record_id: int, scores: Mapping[str, Any]) -> RecordScores:
    emotion, quality = scores["emotion"] or {}, scores["quality"] or {}
    return RecordScores(
        record_id=record_id,
        enrichment=enrichment,
        content_hash=scores["content_hash"],
        emotion=emotion.get("top", ""),
        valence=emotion.get("valence"),
        arousal=emotion.get("arousal"),
        bias=(scores["bias"] or {}).get("worst"),
        **{name: quality.get(name) for name in ("effectiveness", "safety", "cultural", "coherence", "empathy")},
    )


def _stored(release: Release, out: Path, document: Mapping[str, Any]) -> str:
    """Put lines and document into the object store, the document last, and return where they lie.

    The place is named by their hash: the same scores lie there once.
    """
    digest = sha256_hex(canonical_json(document))
    prefix = f"scores/{release.project.slug}/{release.version}/{digest[:16]}/"
    store = get_store()
    for name in (SCORES, DOCUMENT):
        store.put(prefix + name, out / name)
    return prefix


def _result(enrichment: Enrichment) -> dict[str, Any]:
    return {"records": enrichment.document["records"], "matched": enrichment.matched}
