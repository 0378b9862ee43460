"""Publishing adjudicated labels as an immutable, hashed snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Max

from datasets_app.corpus import taxonomy
from datasets_app.models import LabelSnapshot, Record, SnapshotLabel
from pixelhub.accounts.models import Project
from pixelhub.audit.services import record
from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.live.services import touch
from pixelhub.objects import get_store

from .errors import SnapshotRefused

if TYPE_CHECKING:
    from pixelhub.accounts.models import User


_MADE_BY: Final[dict[str, str]] = {
    SnapshotLabel.DecidedBy.RULE: LabelSnapshot.MadeBy.RULES,
    SnapshotLabel.DecidedBy.GENERATOR: LabelSnapshot.MadeBy.GENERATOR,
    SnapshotLabel.DecidedBy.PARENT: LabelSnapshot.MadeBy.AUGMENTATION,
    SnapshotLabel.DecidedBy.REVIEWER: LabelSnapshot.MadeBy.AUGMENTATION,
}


@dataclass(frozen=True)
class SnapshotLabelInput:
    """The decided label of one record.

    `annotators` are pseudonyms; `annotations` are {"id", "sha256", "annotator"}, the chain down to single clicks. For a
    label that no person gave they name the rule, or the generator, and the hash of what it is.
    """

    record_id: int
    crisis_type: str
    severity: int | None
    confidence: float
    is_edge_case: bool
    edge_case_kind: str
    decided_by: str
    annotators: list[str]
    annotations: list[dict[str, Any]]


def snapshot_publish(
    *,
    project: Project,
    name: str,
    labels: Iterable[SnapshotLabelInput],
    origin: Mapping[str, Any],
    simulated: bool,
    actor: User | None,
    made_by: str = LabelSnapshot.MadeBy.ANNOTATORS,
) -> LabelSnapshot:
    """Freeze labels: canonical JSONL sorted by content hash in the object store, rows beside it, one audit event.

    Raises SnapshotRefused, naming the record, for a label that breaks the schema or a record of another project.
    """
    chosen = list(labels)
    if not chosen:
        raise SnapshotRefused("A snapshot needs at least one label.")
    for label in chosen:
        _check(label, made_by)
    with transaction.atomic():
        # The project's row is the lock of its numbering: two snapshots at once must not share a number.
        locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        records = _records(locked, chosen)
        chosen.sort(key=lambda label: records[label.record_id].content_hash)
        lines = [_line(label, records[label.record_id]) for label in chosen]
        data = b"".join(line + b"\n" for line in lines)
        digest = sha256_hex(data)
        key = f"snapshots/{locked.slug}/{digest}.jsonl"
        get_store().put(key, data)
        last = LabelSnapshot.objects.filter(project=locked).aggregate(last=Max("number"))["last"] or 0
        snapshot = LabelSnapshot.objects.create(
            project=locked,
            name=name.strip()[:200] or f"Snapshot {last + 1}",
            number=last + 1,
            sha256=digest,
            object_key=key,
            labels_count=len(chosen),
            origin=dict(origin),
            made_by=made_by,
            simulated=simulated,
            published_by=actor,
        )
        SnapshotLabel.objects.bulk_create(
            [_row(snapshot, label, line) for label, line in zip(chosen, lines, strict=True)], batch_size=500
        )
        record(
            action="snapshot.publish",
            actor=actor,
            project=locked,
            target=snapshot,
            payload={
                "number": snapshot.number,
                "sha256": digest,
                "labels": len(chosen),
                "made_by": str(made_by),
                "simulated": simulated,
                "origin": dict(origin),
            },
        )
        touch(f"project:{locked.pk}:snapshots")
    return snapshot


def _check(label: SnapshotLabelInput, made_by: str) -> None:
    where = f"record {label.record_id}"
    if label.crisis_type not in taxonomy.CRISIS_TYPES:
        raise SnapshotRefused(f"{where}: unknown crisis type")
    if (label.crisis_type == taxonomy.NONE_TYPE) != (label.severity is None):
        raise SnapshotRefused(f"{where}: a crisis type needs a severity, and none has no severity")
    if label.severity is not None and label.severity not in taxonomy.SEVERITIES:
        raise SnapshotRefused(f"{where}: the severity must be 1 to 5")
    if not 0.0 <= label.confidence <= 1.0:
        raise SnapshotRefused(f"{where}: the confidence must lie between 0 and 1")
    if label.edge_case_kind and label.edge_case_kind not in taxonomy.EDGE_CASE_KINDS:
        raise SnapshotRefused(f"{where}: unknown kind of edge case")
    if label.decided_by not in taxonomy.DECIDED_BY:
        raise SnapshotRefused(f"{where}: decided_by must be one of {', '.join(taxonomy.DECIDED_BY)}")
    if _MADE_BY.get(label.decided_by, LabelSnapshot.MadeBy.ANNOTATORS) != made_by:
        raise SnapshotRefused(
            f"{where}: a snapshot holds labels of people, of rules, of a generator or of parents, never mixed"
        )
    if not label.annotations or not all(
        {"id", "sha256", "annotator"} <= set(annotation) for annotation in label.annotations
    ):
        raise SnapshotRefused(f"{where}: each label needs annotations with id, sha256 and annotator")


def _records(project: Project, labels: list[SnapshotLabelInput]) -> dict[int, Record]:
    wanted = {label.record_id for label in labels}
    if len(wanted) != len(labels):
        raise SnapshotRefused("A record comes twice.")
    found = {
        row.pk: row
        for row in Record.objects.filter(project=project).only("content_hash", "record_hash").iterator()
        if row.pk in wanted
    }
    missing = sorted(wanted - set(found))
    if missing:
        raise SnapshotRefused(f"record {missing[0]}: no such record in this project")
    return found


def _line(label: SnapshotLabelInput, labelled: Record) -> bytes:
    return canonical_json(
        {
            "content_hash": labelled.content_hash,
            "record_hash": labelled.record_hash,
            "crisis_type": label.crisis_type,
            "severity": label.severity,
            "confidence": label.confidence,
            "is_edge_case": label.is_edge_case,
            "edge_case_kind": label.edge_case_kind,
            "decided_by": label.decided_by,
            "annotators": sorted(label.annotators),
            "annotations": _chain(label),
        }
    )


def _chain(label: SnapshotLabelInput) -> list[dict[str, Any]]:
    """Return the annotations in an order of their own, so that equal labels give equal bytes."""
    kept = [
        {"id": annotation["id"], "sha256": annotation["sha256"], "annotator": annotation["annotator"]}
        for annotation in label.annotations
    ]
    return sorted(kept, key=lambda annotation: (str(annotation["id"]), annotation["sha256"]))


def _row(snapshot: LabelSnapshot, label: SnapshotLabelInput, line: bytes) -> SnapshotLabel:
    return SnapshotLabel(
        snapshot=snapshot,
        record_id=label.record_id,
        crisis_type=label.crisis_type,
        severity=label.severity,
        confidence=label.confidence,
        is_edge_case=label.is_edge_case,
        edge_case_kind=label.edge_case_kind,
        decided_by=label.decided_by,
        annotators=sorted(label.annotators),
        annotations=_chain(label),
        label_sha256=sha256_hex(line),
    )
