"""Snapshots of labels that no person gave: weak ones by rules, and those of the generator for what it wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from datasets_app.corpus.rules_version import SCREENING_VERSION
from datasets_app.corpus.weak import WeakLabel, rule_sha256
from datasets_app.models import LabelSnapshot, Record
from pixelhub.canonical import sha256_hex

from .errors import SnapshotRefused
from .snapshots import SnapshotLabelInput, snapshot_publish

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pixelhub.accounts.models import Project, User

_FETCH: Final = 500


def snapshot_publish_weak(
    *,
    project: Project,
    records: QuerySet[Record],
    label_of: Callable[[Record], WeakLabel],
    name: str,
    actor: User | None,
) -> LabelSnapshot:
    """Publish the labels that rules give to usable records. The snapshot says so wherever it is shown.

    Raises SnapshotRefused when no record is usable.
    """
    labels, rules = [], Counter[str]()
    for record in _usable(project, records):
        found = label_of(record)
        rules[found.rule] += 1
        labels.append(
            SnapshotLabelInput(
                record_id=record.pk,
                crisis_type=found.crisis_type,
                severity=found.severity,
                confidence=found.confidence,
                is_edge_case=found.is_edge_case or record.is_edge_case,
                edge_case_kind=found.edge_case_kind or record.edge_case_kind,
                decided_by="rule",
                annotators=[],
                annotations=[{"id": found.rule, "sha256": rule_sha256(found.rule), "annotator": "rule"}],
            )
        )
    return snapshot_publish(
        project=project,
        name=name,
        labels=labels,
        origin={"rules": dict(sorted(rules.items())), "screening": SCREENING_VERSION},
        simulated=False,
        actor=actor,
        made_by=LabelSnapshot.MadeBy.RULES,
    )


def snapshot_publish_generated(
    *, project: Project, records: QuerySet[Record], name: str, actor: User | None
) -> LabelSnapshot:
    """Publish the labels that the generator knows of the conversations it wrote.

    Raises SnapshotRefused for a record that is not synthetic or came without a label.
    """
    labels, generators = [], Counter[str]()
    for record in _usable(project, records):
        if record.source != "synthetic" or not record.proposed_type:
            raise SnapshotRefused(f"record {record.pk}: only what a generator wrote and labelled is labelled by it")
        generator = _generator_of(record)
        generators[generator] += 1
        labels.append(
            SnapshotLabelInput(
                record_id=record.pk,
                crisis_type=record.proposed_type,
                severity=record.proposed_severity,
                confidence=1.0,
                is_edge_case=record.is_edge_case,
                edge_case_kind=record.edge_case_kind,
                decided_by="generator",
                annotators=[],
                annotations=[{"id": generator, "sha256": sha256_hex(generator.encode()), "annotator": "generator"}],
            )
        )
    return snapshot_publish(
        project=project,
        name=name,
        labels=labels,
        origin={"generators": dict(sorted(generators.items()))},
        simulated=False,
        actor=actor,
        made_by=LabelSnapshot.MadeBy.GENERATOR,
    )


def _usable(project: Project, records: QuerySet[Record]) -> Iterator[Record]:
    usable = records.filter(project=project, state=Record.State.ACTIVE, pii_state__in=Record.PII_SETTLED)
    return usable.order_by("pk").iterator(chunk_size=_FETCH)


def _generator_of(record: Record) -> str:
    given = record.metadata.get("input", {}).get("metadata", {})
    return str(given.get("generator", "unnamed generator")) if isinstance(given, dict) else "unnamed generator"
