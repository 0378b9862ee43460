"""What goes into a release: its records as prepared lines, streamed from the database one by one.

Only usable records go in: active, and with identifiers settled. How many others there were, and why they stay out, is
counted and stated in the release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from django.db.models import Case, QuerySet, When

from datasets_app.corpus.quality import QualitySampler, report_of
from datasets_app.corpus.stages import handed_on
from datasets_app.corpus.taxonomy import LABEL_SOURCE_OF
from datasets_app.models import LabelSnapshot, Record, Release, SnapshotLabel

from .ingest import StepContext

_FETCH: Final = 500
_UNSETTLED: Final[dict[str, str]] = {
    Record.PiiState.PENDING: "waiting for the review of identifiers",
    Record.PiiState.UNSCANNED: "not searched for identifiers",
}


@dataclass
class PreparedLines:
    """The file of prepared lines, and what was seen while it was written."""

    path: Path
    lines: int = 0
    edge_cases: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    licences: set[str] = field(default_factory=set)
    used: Counter[int] = field(default_factory=Counter)
    quality: dict[str, Any] = field(default_factory=dict)


def write_lines(release: Release, path: Path, ctx: StepContext) -> PreparedLines:
    """Write the release's records as one JSON line each, and judge the quality of a sample. Constant memory."""
    found = PreparedLines(path)
    sampler = QualitySampler()
    total = _candidates(release).count()
    with path.open("wb") as sink:
        for seen, (row, label) in enumerate(_rows(release), start=1):
            reason = _left_out(row)
            if reason:
                found.left_out[reason] += 1
            else:
                line = _line(row, label)
                sink.write(orjson.dumps(line, option=orjson.OPT_SORT_KEYS) + b"\n")
                sampler.add(line)
                _note(found, line, row, label)
            if seen % _FETCH == 0:
                ctx.progress(seen, total, unit="records", note="reading records")
    ctx.progress(total, total, unit="records", note="judging the quality of a sample")
    found.quality = report_of(sampler)
    return found


def _note(found: PreparedLines, line: dict[str, Any], row: Record, label: SnapshotLabel | None) -> None:
    found.lines += 1
    found.edge_cases += line["metadata"]["is_training_edge_case"]
    if row.import_batch.licence:
        found.licences.add(row.import_batch.licence)
    if label is not None:
        found.used[label.snapshot_id] += 1


def _left_out(row: Record) -> str:
    """Why a record may not be used, "" when it may."""
    if row.state != Record.State.ACTIVE:
        return "withdrawn"
    if row.pii_state not in Record.PII_SETTLED:
        return _UNSETTLED[row.pii_state]
    return ""


def _candidates(release: Release) -> QuerySet[Any]:
    if release.kind == Release.Kind.LABELS:
        return SnapshotLabel.objects.filter(snapshot__releases=release)
    return Record.objects.filter(project_id=release.project_id)


def _rows(release: Release) -> Iterator[tuple[Record, SnapshotLabel | None]]:
    """Yield each record once, with the label of the latest snapshot that has one; people's before any other.

    Read in pages: an open cursor would hold SQLite to what it saw at first, and a step's own writes would be refused
    as soon as anybody else has written.
    """
    found = _candidates(release)
    if release.kind != Release.Kind.LABELS:
        records, last = found.select_related("import_batch").order_by("pk"), 0
        while page := list(records.filter(pk__gt=last)[:_FETCH]):
            yield from ((row, None) for row in page)
            last = page[-1].pk
        return
    by_people = Case(When(snapshot__made_by=LabelSnapshot.MadeBy.ANNOTATORS, then=0), default=1)
    labels = found.select_related("snapshot", "record__import_batch").order_by(
        "record_id", by_people, "-snapshot__number"
    )
    ids, last = found.order_by("record_id").values_list("record_id", flat=True).distinct(), 0
    while page := list(ids.filter(record_id__gt=last)[:_FETCH]):
        for label in list(labels.filter(record_id__gte=page[0], record_id__lte=page[-1])):
            if label.record_id != last:
                last = label.record_id
                yield label.record, label


def _line(row: Record, label: SnapshotLabel | None) -> dict[str, Any]:
    batch = row.import_batch
    provenance = {
        "import_batch": batch.pk,
        "import_sha256": batch.file_sha256,
        "line": row.line,
        "input": f"import {batch.pk}",
        "licence": batch.licence,
        "consent": batch.consent_basis,
    }
    metadata = {
        "content_hash": row.content_hash,
        "record_hash": row.record_hash,
        "source_family": row.family,
        "stage": row.stage,
        "source": row.source,
        # Flagged anywhere, by the input or by people, it is an edge case: the flag is never lost.
        "is_training_edge_case": row.is_edge_case or (label is not None and label.is_edge_case),
        "edge_case_kind": (label.edge_case_kind if label else "") or row.edge_case_kind,
        "pii": row.pii_state,
        "provenance": provenance,
    }
    if kept := handed_on(row.metadata):
        metadata["origin"] = {"input": {"metadata": kept}}
    line = {"id": row.external_id, "messages": row.messages, "metadata": metadata, "group_keys": row.group_keys}
    if label is None:
        kind = row.proposed_type or None
        severity = row.proposed_severity if kind not in (None, "none") else None
        return line | {
            "crisis_type": kind,
            "severity": severity,
            "confidence": None,
            "label_source": "input" if kind else "none",
        }
    provenance |= {
        "snapshot_sha256": label.snapshot.sha256,
        "snapshot_number": label.snapshot.number,
        "decided_by": label.decided_by,
        "annotations": label.annotations,
        "simulated": label.snapshot.simulated,
    }
    return line | {
        "crisis_type": label.crisis_type,
        "severity": label.severity,
        "confidence": label.confidence,
        "label_source": LABEL_SOURCE_OF[label.snapshot.made_by],
    }


def snapshot_entries(release: Release, used: Counter[int]) -> list[dict[str, Any]]:
    """Return what the manifest says of each pinned snapshot."""
    return [
        {
            "number": snapshot.number,
            "name": snapshot.name,
            "sha256": snapshot.sha256,
            "labels": snapshot.labels_count,
            "used": used[snapshot.pk],
            "simulated": snapshot.simulated,
            "made_by": snapshot.made_by,
        }
        for snapshot in release.snapshots.order_by("number")
    ]
