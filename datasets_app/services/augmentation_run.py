"""The work of a run: children made into files, those that stand brought in as records with labels, the rest queued.

Each stage commits once and is named in the checkpoint. The files are kept by their hash before anything is read from
them, so that a killed worker goes on with the same children, whatever has become of the records meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

from datasets_app.corpus.augmentation.naming import EDGE_CASES
from datasets_app.corpus.synthesis.endpoint import Endpoint, EndpointError
from datasets_app.label_readers import LabelReader, LabelReaderBroken, label_reader_of
from datasets_app.model_endpoint import endpoint_settings
from datasets_app.models import Augmentation, Record, Variation
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_file
from pixelhub.jobs.base import JobError
from pixelhub.live.services import touch
from pixelhub.objects import get_store

from .augmentation import augmentation_topic
from .augmentation_bring import bring_batches, bring_labels, bring_records
from .augmentation_parents import parents_in, parents_write
from .ingest import StepContext

_CHUNK: Final = 200
_FILES: Final = ("children", "review", "quarantine")
_COPY: Final = 1 << 20


def augmentation_run(*, augmentation_id: int, ctx: StepContext) -> dict[str, Any]:
    """Make the children, bring in those that stand, queue the others. Safe to run again; returns the report.

    Raises JobError where the project's model or the configured endpoint can't be used.
    """
    run = Augmentation.objects.select_related("project", "release", "created_by").get(pk=augmentation_id)
    if run.state == Augmentation.State.DONE:
        return run.report
    if "made" not in ctx.checkpoint:
        _make(run, ctx)
    files = {name: _local(ctx, name) for name in ("children", "review")}
    bring_batches(run=run, rows=files["children"], part="children", ctx=ctx)
    brought = bring_records(run=run, part="children", ctx=ctx)
    _queue(run, files["review"], ctx)
    _finish(run, brought, ctx)
    return run.report


def _make(run: Augmentation, ctx: StepContext) -> None:
    # Imported where it is needed: compiling the screening rules takes a second, and few processes augment.
    from datasets_app.corpus.augmentation.by_model import ModelParaphraser
    from datasets_app.corpus.augmentation.run import Settings, Written, augment

    with ctx.step(note="reading originals"):
        Augmentation.objects.filter(pk=run.pk).update(state=Augmentation.State.RUNNING, error="")
        touch(augmentation_topic(run.project_id))
    reader = _reader(run)
    parents = ctx.workdir / "parents.jsonl"
    skipped = parents_write(run, parents, ctx)
    counts = {name: count for name, count in run.counts.items() if name != EDGE_CASES}
    written = Written(*(ctx.workdir / f"{name}.jsonl" for name in _FILES))
    try:
        report = augment(
            parents_in(parents),
            written,
            Settings(counts=counts, edge_cases=run.counts.get(EDGE_CASES, 0), seed=run.seed),
            classifier=reader.crisis_type if reader else None,
            paraphraser=ModelParaphraser(Endpoint(endpoint_settings())) if run.use_endpoint else None,
            progress=lambda stage, done, total: ctx.progress(done, total or None, unit="conversations", note=stage),
        )
    except EndpointError as error:
        raise JobError(str(error)) from None
    report.skipped.update(skipped)
    made = {name: _kept(run, path) for name, path in zip(_FILES, written, strict=True)}
    run.report, run.reader = report.as_dict(), reader.name if reader else ""
    run.quarantine_key = made["quarantine"][0]
    with ctx.step(note="children made", checkpoint={**ctx.checkpoint, "made": made}):
        run.save(update_fields=["report", "reader", "quarantine_key"])
        touch(augmentation_topic(run.project_id))


def _reader(run: Augmentation) -> LabelReader | None:
    if not run.use_model:
        return None
    try:
        return label_reader_of(run.project)
    except LabelReaderBroken as broken:
        raise JobError(f"The project's model can't read the children: {broken}") from None


def _kept(run: Augmentation, path: Path) -> tuple[str, str]:
    """Keep a file by its hash; its key and its hash."""
    digest = sha256_file(path)
    key = f"augmentations/{run.project.slug}/{digest}.jsonl"
    get_store().put(key, path)
    return key, digest


def _local(ctx: StepContext, name: str) -> Path:
    """The file of the checkpoint on this machine, fetched where an attempt elsewhere made it."""
    key, digest = ctx.checkpoint["made"][name]
    path = ctx.workdir / f"{name}.jsonl"
    if not path.exists() or sha256_file(path) != digest:
        with get_store().open(key) as stream, path.open("wb") as sink:
            while chunk := stream.read(_COPY):
                sink.write(chunk)
    return path


def _queue(run: Augmentation, path: Path, ctx: StepContext) -> None:
    """Put the children that wait into the queue; those there already stay as they are."""
    with path.open("rb") as lines:
        rows = map(orjson.loads, lines)
        while chunk := list(islice(rows, _CHUNK)):
            with ctx.step(note="queueing for review"):
                Variation.objects.bulk_create(_variations(run, chunk), ignore_conflicts=True)
                touch(augmentation_topic(run.project_id))


def _variations(run: Augmentation, chunk: list[dict[str, Any]]) -> Iterator[Variation]:
    hashes = [row["metadata"]["augmentation"]["parent_content_hash"] for row in chunk]
    parents = dict(
        Record.objects.filter(project=run.project_id, content_hash__in=hashes).values_list("content_hash", "pk")
    )
    for row in chunk:
        made = row["metadata"]["augmentation"]
        if made["parent_content_hash"] not in parents:
            continue
        yield Variation(
            augmentation=run,
            project_id=run.project_id,
            parent_id=parents[made["parent_content_hash"]],
            parent_content_hash=made["parent_content_hash"],
            name=row["id"],
            row=row,
            strategy=made["strategy"],
            kind=row["edge_case_kind"] if made["strategy"] == EDGE_CASES else "",
            crisis_type=row["crisis_type"],
            severity=row["severity"],
        )


def _finish(run: Augmentation, brought: dict[str, int], ctx: StepContext) -> None:
    run.report |= {"brought": brought, "queued": run.variations.count()}
    with ctx.step(done=run.wanted, total=run.wanted, unit="children", note="done"):
        bring_labels(run=run, part="children")
        changed = (
            Augmentation.objects.filter(pk=run.pk)
            .exclude(state=Augmentation.State.DONE)
            .update(state=Augmentation.State.DONE, report=run.report)
        )
        if changed:
            figures = ("originals", "children", "stand", "wait_for_review", "tried", "queued")
            record(
                action="augmentation.finish",
                actor=run.created_by,
                project=run.project,
                target=run,
                payload={
                    **{name: run.report[name] for name in figures},
                    "refused": run.report["refused"],
                    "records": brought.get("accepted", 0),
                    "reader": run.reader,
                    "readings": run.report["readings"],
                },
            )
            touch(augmentation_topic(run.project_id))
