"""What several dataset tests build: files, imports, snapshots, releases, through the real services."""

import hashlib
import io
import json
from collections.abc import Iterable
from typing import Any

from datasets_app.corpus.synthesis import generate
from datasets_app.models import ImportBatch, LabelSnapshot, Record, Release
from datasets_app.services import SnapshotLabelInput, import_start, release_create, snapshot_publish
from pixelhub.accounts.models import Project, User
from pixelhub.jobs.runner import run_inline


def jsonl(rows: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def imported(
    project: Project, data: bytes, *, name: str = "rows.jsonl", actor: User | None = None, **options: Any
) -> ImportBatch:
    """Import bytes to the end, as a worker would."""
    batch = import_start(
        project=project,
        source=options.pop("source", "synthetic"),
        family=options.pop("family", "edge_case_synthetic"),
        file=io.BytesIO(data),
        file_name=name,
        actor=actor,
        **options,
    )
    run_inline(batch.job)
    batch.refresh_from_db()
    return batch


def synthetic(project: Project, count: int = 60, seed: int = 5) -> ImportBatch:
    return imported(project, jsonl(generate(count, seed)))


def label_of(record: Record, **changes: Any) -> SnapshotLabelInput:
    crisis_type = changes.pop("crisis_type", record.proposed_type or "none")
    severity = None if crisis_type == "none" else (record.proposed_severity or 3)
    digest = hashlib.sha256(record.content_hash.encode()).hexdigest()
    fields: dict[str, Any] = {
        "record_id": record.pk,
        "crisis_type": crisis_type,
        "severity": severity,
        "confidence": 0.9,
        "is_edge_case": record.is_edge_case,
        "edge_case_kind": record.edge_case_kind,
        "decided_by": "majority",
        "annotators": ["a1b2c3", "d4e5f6"],
        "annotations": [
            {"id": record.pk * 2, "sha256": digest, "annotator": "a1b2c3"},
            {"id": record.pk * 2 + 1, "sha256": digest[::-1], "annotator": "d4e5f6"},
        ],
    }
    return SnapshotLabelInput(**(fields | changes))


def published(project: Project, records: Iterable[Record] | None = None, **options: Any) -> LabelSnapshot:
    chosen = Record.objects.filter(project=project) if records is None else records
    return snapshot_publish(
        project=project,
        name=options.pop("name", "Round 1"),
        labels=[label_of(record) for record in chosen],
        origin={"rounds": [1]},
        simulated=options.pop("simulated", False),
        actor=options.pop("actor", None),
    )


def compiled(project: Project, version: str = "1.0.0", seed: int = 3) -> Release:
    release = release_create(project=project, version=version, seed=seed, actor=None)
    run_inline(release.job)
    release.refresh_from_db()
    return release
