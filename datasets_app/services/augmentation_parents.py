"""The parents of a run, written down once, so that every pass over them reads the same: ids, labels, ties, words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.augmentation.parents import AUGMENTED, UNLABELLED, Originals, Parent
from datasets_app.models import Augmentation, HeldOut, Record, ReservedConversation, SnapshotLabel
from datasets_app.selectors_augmentation import best_labels
from pixelhub.objects import get_store

from .ingest import StepContext

if TYPE_CHECKING:
    from collections.abc import Iterable

_FETCH: Final = 500
#: Why a record has no children here, beside the reasons of files.
NOT_USABLE, HELD_OUT, GONE = "not usable now", "held out", "not in the project any more"


def parents_write(run: Augmentation, path: Path, ctx: StepContext) -> Counter[str]:
    """Write the parents, one JSON line each, in the order of the records; return why others are none."""
    skipped: Counter[str] = Counter()
    held = set(HeldOut.objects.filter(record__project=run.project_id).values_list("record_id", flat=True))
    reserved = set(ReservedConversation.objects.filter(project=run.project_id).values_list("content_hash", flat=True))
    draft, seen = path.with_suffix(".part"), 0
    with draft.open("wb") as sink:
        for chunk in _of_release(run, skipped) if run.release_id else _of_project(run):
            for record, label in chunk:
                parent = _parent(record, label, record.pk in held or record.content_hash in reserved)
                if isinstance(parent, str):
                    skipped[parent] += 1
                else:
                    sink.write(msgspec.json.encode(parent) + b"\n")
            seen += len(chunk)
            ctx.progress(seen, unit="records", note="reading originals")
    draft.replace(path)
    return skipped


def parents_in(path: Path) -> Originals:
    """Return the stream of a file that `parents_write` made."""
    decoder = msgspec.json.Decoder(Parent)

    def read() -> Iterator[Parent | str]:
        with path.open("rb") as lines:
            yield from map(decoder.decode, lines)

    return read


_Labelled = list[tuple[Record, dict[str, Any]]]


def _of_project(run: Augmentation) -> Iterator[_Labelled]:
    records = Record.objects.filter(project=run.project_id).order_by("pk")
    last = 0
    while page := list(records.filter(pk__gt=last)[:_FETCH]):
        last = page[-1].pk
        labels = best_labels(page)
        yield [(record, _label_of(record, labels.get(record.pk))) for record in page]


def _label_of(record: Record, label: SnapshotLabel | None) -> dict[str, Any]:
    if label is not None:
        return {
            "crisis_type": label.crisis_type,
            "severity": label.severity,
            "confidence": label.confidence,
            "edge_case_kind": label.edge_case_kind,
            "is_edge_case": label.is_edge_case,
        }
    severity = record.proposed_severity if record.proposed_type != taxonomy.NONE_TYPE else None
    return {"crisis_type": record.proposed_type, "severity": severity, "confidence": 1.0}


def _of_release(run: Augmentation, skipped: Counter[str]) -> Iterator[_Labelled]:
    """The training split as it was published, found again among the records by the hash of its words."""
    assert run.release is not None
    store = get_store()
    for stat in sorted(store.list(f"{run.release.object_prefix}shards/train/"), key=lambda each: each.key):
        with store.open_range(stat.key) as raw:
            lines = (orjson.loads(line) for line in raw if line.strip())
            while chunk := list(islice(lines, _FETCH)):
                yield _found(run, chunk, skipped)


def _found(run: Augmentation, chunk: Iterable[dict[str, Any]], skipped: Counter[str]) -> _Labelled:
    of_hash = {line["metadata"]["content_hash"]: line for line in chunk}
    records = Record.objects.filter(project=run.project_id, content_hash__in=list(of_hash)).order_by("pk")
    found = []
    for record in records:
        line = of_hash[record.content_hash]
        label = {name: line[name] for name in ("crisis_type", "severity", "confidence")}
        label["edge_case_kind"] = line["metadata"]["edge_case_kind"]
        label["is_edge_case"] = line["metadata"]["is_training_edge_case"]
        found.append((record, label))
    skipped[GONE] += len(of_hash) - len(found)
    return found


def _parent(record: Record, label: dict[str, Any], held_out: bool) -> Parent | str:
    if record.source == taxonomy.Source.AUGMENTED:
        return AUGMENTED
    if record.state != Record.State.ACTIVE or record.pii_state not in Record.PII_SETTLED:
        return NOT_USABLE
    if held_out:
        return HELD_OUT
    if not label["crisis_type"]:
        return UNLABELLED
    given = record.metadata.get("input", {})
    said = given.get("metadata") if isinstance(given, dict) else None
    said = said if isinstance(said, dict) else {}
    confidence = label.get("confidence")
    return Parent(
        id=record.external_id,
        messages=record.messages,
        content_hash=record.content_hash,
        crisis_type=label["crisis_type"],
        severity=label["severity"],
        group_keys=record.group_keys or [record.group_key],
        confidence=1.0 if confidence is None else confidence,
        is_edge_case=record.is_edge_case or bool(label.get("is_edge_case")),
        edge_case_kind=label.get("edge_case_kind") or record.edge_case_kind,
        family=record.family,
        demographics=str(said.get("demographics", "")),
        context=str(said.get("context", "")),
        source=record.source,
    )
