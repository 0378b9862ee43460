"""Reading a batch into records: in = accepted + duplicate + quarantined, whatever happens on the way.

Each chunk of rows commits its records, its quarantined rows, the counts and the checkpoint in one step, so a killed
worker resumes after the last committed row and no row counts twice.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.db.models import F

from datasets_app.corpus.formats import Converted
from datasets_app.corpus.hashing import record_hash
from datasets_app.corpus.intake import prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.quarantine import quarantined
from datasets_app.corpus.reading import RawRow, UnreadableFile, read_rows
from datasets_app.corpus.structure import DEFAULT_RULES, StructureRules
from datasets_app.models import ImportBatch, QuarantinedRow, Record
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_file
from pixelhub.jobs.base import JobError
from pixelhub.live.services import touch
from pixelhub.objects import ObjectStoreError, get_store

from .errors import ImportRefused
from .import_options import rules_of
from .imports import fetch_from_store, stored_key
from .retention import original_gone
from .screening import findings_save, rewritten_hashes, screen_records

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project

CHUNK_ROWS: Final = 500
_COPY_CHUNK: Final = 1 << 20


class StepContext(Protocol):
    """What the import needs of a job."""

    @property
    def checkpoint(self) -> dict[str, Any]: ...
    @property
    def workdir(self) -> Path: ...
    def progress(self, done: int, total: int | None = None, *, unit: str = "", note: str = "") -> None: ...
    def step(
        self, *, done: int | None = None, total: int | None = None, checkpoint: dict[str, Any] | None = None,
        unit: str = "", note: str = "",
    ) -> AbstractContextManager[None]: ...  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """A row with its outcome: converted, or the reason why not."""

    raw: RawRow
    converted: Converted | None
    content_hash: str = ""
    reason: str = ""
    detail: str = ""


@dataclass
class ImportPreview:
    """What an import would do; nothing is written."""

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "quarantined": self.quarantined,
            "formats": dict(sorted(self.formats.items())),
            "reasons": dict(sorted(self.reasons.items())),
        }


def records_preview(
    *, project: Project, family: str, path: Path, rules: StructureRules = DEFAULT_RULES
) -> ImportPreview:
    """Read a file as an import would and count the outcomes. Raises UnreadableFile."""
    preview = ImportPreview()
    seen: set[str] = set()
    rows = (_prepare(raw, family, rules) for raw in read_rows(path, path.name))
    for chunk in _chunks(rows):
        known = _known_hashes(project, [row.content_hash for row in chunk if row.content_hash])
        for row in chunk:
            preview.read += 1
            if row.converted is None:
                preview.quarantined += 1
                preview.reasons[row.reason] += 1
            elif row.content_hash in known or row.content_hash in seen:
                preview.duplicates += 1
            else:
                preview.accepted += 1
                preview.formats[row.converted.format] += 1
                seen.add(row.content_hash)
    return preview


def records_import(*, batch_id: int, ctx: StepContext) -> dict[str, Any]:
    """Bring a batch's file in, resuming after the last committed row. Returns the report.

    Raises JobError when the file cannot be read at all or is not the one that was uploaded.
    """
    batch = ImportBatch.objects.select_related("project", "created_by").get(pk=batch_id)
    if batch.state == ImportBatch.State.DONE:
        return _report(batch)
    path = ctx.workdir / "source"
    if batch.origin == ImportBatch.Origin.STORE and not batch.object_key:
        _fetch(batch, path, ctx)
    _ensure_local(batch, path)
    try:
        total = sum(1 for _ in read_rows(path, batch.object_key))
        _read_chunks(batch, path, total, ctx)
        quarantine = _write_quarantine(batch, path, ctx.workdir / "quarantine.jsonl")
    except UnreadableFile as error:
        raise JobError(str(error)) from None
    _finish(batch, total, quarantine, ctx)
    batch.refresh_from_db()
    return _report(batch)


def _report(batch: ImportBatch) -> dict[str, Any]:
    return {
        "batch": batch.pk,
        "read": batch.read,
        "accepted": batch.accepted,
        "duplicates": batch.duplicates,
        "quarantined": batch.quarantined,
        "formats": batch.formats,
    }


def _fetch(batch: ImportBatch, path: Path, ctx: StepContext) -> None:
    """Bring an object of somebody's store into ours; from here on the import is one like any other."""
    try:
        digest, size = fetch_from_store(batch=batch, target=path)
    except (ImportRefused, ObjectStoreError) as error:
        raise JobError(str(error)) from None
    key = stored_key(batch.project, digest, batch.file_name)
    if not get_store().exists(key):
        get_store().put(key, path)
    with ctx.step(note="fetched"):
        batch.object_key, batch.file_sha256, batch.file_bytes = key, digest, size
        batch.save(update_fields=["object_key", "file_sha256", "file_bytes"])


def _ensure_local(batch: ImportBatch, path: Path) -> None:
    if not path.exists() or sha256_file(path) != batch.file_sha256:
        if gone := original_gone(batch):
            raise JobError(gone)
        with get_store().open(batch.object_key) as stream, path.open("wb") as sink:
            while chunk := stream.read(_COPY_CHUNK):
                sink.write(chunk)
        if sha256_file(path) != batch.file_sha256:
            raise JobError("The stored file is not the one that was uploaded (SHA-256 differs).")


def _read_chunks(batch: ImportBatch, path: Path, total: int, ctx: StepContext) -> None:
    done = int(ctx.checkpoint.get("rows", 0))
    formats = Counter(ctx.checkpoint.get("formats", {}))
    rules = rules_of(batch.options)
    rows = (_prepare(raw, batch.family, rules) for raw in islice(read_rows(path, batch.object_key), done, None))
    for chunk in _chunks(rows):
        done += len(chunk)
        checkpoint: dict[str, Any] = {"rows": done}
        with ctx.step(done=done, total=total, unit="rows", checkpoint=checkpoint):
            formats.update(_apply(batch, chunk, formats))
            checkpoint["formats"] = dict(formats)
            touch(f"project:{batch.project_id}:imports")


def _chunks(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK_ROWS)):
        yield chunk


def _prepare(raw: RawRow, family: str, rules: StructureRules) -> _Row:
    try:
        prepared = prepare(raw, family, rules)
    except RowRejected as rejected:
        return _Row(raw, None, reason=rejected.reason, detail=rejected.detail)
    return _Row(raw, prepared.converted, prepared.content_hash)


def _known_hashes(project: Project, hashes: list[str]) -> set[str]:
    same = Record.objects.filter(project=project, content_hash__in=hashes).values_list("content_hash", flat=True)
    return set(same) | rewritten_hashes(project=project, hashes=hashes)


def _apply(batch: ImportBatch, chunk: list[_Row], formats: Counter[str]) -> Counter[str]:
    """Write one chunk inside the caller's step and return the accepted rows by format."""
    candidates: dict[str, _Row] = {}
    for row in chunk:
        if row.converted is not None:
            candidates.setdefault(row.content_hash, row)
    for content in rewritten_hashes(project=batch.project, hashes=candidates):
        del candidates[content]
    # In the order of the hashes: two imports that meet cannot lock each other's rows crosswise.
    records = [_record(batch, candidates[content]) for content in sorted(candidates)]
    findings = screen_records(records)
    Record.objects.bulk_create(records, ignore_conflicts=True)
    pk_of = {}
    stored = {}
    for pk, content, batch_id, line, offset in Record.objects.filter(
        project=batch.project, content_hash__in=list(candidates)
    ).values_list("pk", "content_hash", "import_batch_id", "line", "byte_offset"):
        pk_of[content], stored[content] = pk, (batch_id, line, offset)
    if missing := set(candidates) - set(stored):
        raise RuntimeError(f"{len(missing)} records were refused by the database")
    accepted = [
        row for content, row in candidates.items() if stored[content] == (batch.pk, row.raw.line, row.raw.offset)
    ]
    findings_save(findings, pk_of={row.content_hash: pk_of[row.content_hash] for row in accepted})
    _keep_tags(batch, chunk)
    refused = [row for row in chunk if row.converted is None]
    QuarantinedRow.objects.bulk_create(
        QuarantinedRow(batch=batch, line=row.raw.line, byte_offset=row.raw.offset, reason=row.reason, detail=row.detail)
        for row in refused
    )
    found = Counter(row.converted.format for row in accepted if row.converted)
    ImportBatch.objects.filter(pk=batch.pk).update(
        state=ImportBatch.State.RUNNING,
        read=F("read") + len(chunk),
        accepted=F("accepted") + len(accepted),
        duplicates=F("duplicates") + len(chunk) - len(accepted) - len(refused),
        quarantined=F("quarantined") + len(refused),
        formats=dict(formats + found),
        error="",
    )
    return found


def _keep_tags(batch: ImportBatch, chunk: list[_Row]) -> None:
    """What any copy says to be an edge case is one: the tag of a duplicate goes to the record that is there."""
    kinds: dict[str, str] = {}
    for row in chunk:
        if row.converted is not None and row.converted.is_edge_case:
            kinds[row.content_hash] = kinds.get(row.content_hash) or row.converted.edge_case_kind
    if not kinds:
        return
    untagged = Record.objects.filter(project=batch.project, content_hash__in=list(kinds), is_edge_case=False)
    # In one order: two imports of the same copies cannot lock each other's rows crosswise.
    for pk, content in list(untagged.order_by("pk").select_for_update(no_key=True).values_list("pk", "content_hash")):
        Record.objects.filter(pk=pk).update(is_edge_case=True, edge_case_kind=kinds[content])


def _external_id(batch: ImportBatch, row: _Row) -> str:
    assert row.converted is not None
    return row.converted.external_id or f"{batch.file_sha256[:12]}-{row.raw.offset}"


def _record(batch: ImportBatch, row: _Row) -> Record:
    converted = row.converted
    assert converted is not None
    external = _external_id(batch, row)
    keys = converted.group_keys or [f"record:{batch.family}:{external}"]
    return Record(
        project=batch.project,
        content_hash=row.content_hash,
        record_hash=record_hash(external, batch.stage, batch.source, converted.proposed_severity),
        external_id=external,
        group_key=keys[0][:255],
        group_keys=keys,
        messages=converted.messages,
        turns=sum(1 for message in converted.messages if message["role"] != "system"),
        source=batch.source,
        family=batch.family,
        stage=batch.stage,
        is_edge_case=converted.is_edge_case,
        edge_case_kind=converted.edge_case_kind,
        metadata=converted.metadata,
        import_batch=batch,
        line=row.raw.line,
        byte_offset=row.raw.offset,
        proposed_type=converted.proposed_type,
        proposed_severity=converted.proposed_severity,
    )


def _write_quarantine(batch: ImportBatch, path: Path, target: Path) -> Path | None:
    """Write the refused rows with their raw bytes, read again from the file; None when there are none."""
    refused = {(row.line, row.byte_offset): row for row in QuarantinedRow.objects.filter(batch=batch).iterator()}
    if not refused:
        return None
    with target.open("wb") as sink:
        for raw in read_rows(path, batch.object_key):
            row = refused.get((raw.line, raw.offset))
            if row is not None:
                sink.write(json.dumps(quarantined(raw, row.reason, row.detail), ensure_ascii=True).encode() + b"\n")
    return target


def _finish(batch: ImportBatch, total: int, quarantine: Path | None, ctx: StepContext) -> None:
    key = ""
    if quarantine is not None:
        key = f"imports/{batch.project.slug}/{batch.pk}/quarantine.jsonl"
        get_store().put(key, quarantine)
    with ctx.step(done=total, total=total, unit="rows"):
        changed = (
            ImportBatch.objects.filter(pk=batch.pk)
            .exclude(state=ImportBatch.State.DONE)
            .update(state=ImportBatch.State.DONE, quarantine_key=key)
        )
        if changed:
            batch.refresh_from_db()
            record(
                action="import.finish",
                actor=batch.created_by,
                project=batch.project,
                target=batch,
                payload={**_report(batch), "file_sha256": batch.file_sha256},
            )
            touch(f"project:{batch.project_id}:imports")
            touch(f"project:{batch.project_id}:records")
