"""Taking children into the project: imports like any other, with their parents' family and licence, and their labels.

A child's label is worth what its parent's is: of people, of a rule, of a generator, of simulated annotators. It is
published in a snapshot of that kind and says whose it was; what only came with an input stays a proposal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.structure import StructureRules
from datasets_app.models import Augmentation, ImportBatch, LabelSnapshot, Record, SnapshotLabel, Variation
from datasets_app.selectors_augmentation import best_labels
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_file
from pixelhub.live.services import touch
from pixelhub.objects import get_store

from .import_options import ImportOptions
from .imports import stored_key
from .ingest import StepContext, records_import
from .snapshots import SnapshotLabelInput, snapshot_publish

_CHUNK: Final = 500
#: A child has the shape of its parent, whatever rules that was imported by.
_RULES: Final = StructureRules(min_turns=None, max_turns=None, max_turn_chars=None, needs_user=False)
_DECIDED_BY: Final[dict[str, str]] = {
    LabelSnapshot.MadeBy.ANNOTATORS: SnapshotLabel.DecidedBy.PARENT,
    LabelSnapshot.MadeBy.AUGMENTATION: SnapshotLabel.DecidedBy.PARENT,
    LabelSnapshot.MadeBy.RULES: SnapshotLabel.DecidedBy.RULE,
    LabelSnapshot.MadeBy.GENERATOR: SnapshotLabel.DecidedBy.GENERATOR,
}


class _Home(NamedTuple):
    """What a child has of the import that its parent came with."""

    family: str
    stage: int
    licence: str
    consent_basis: str


class PartContext:
    """A job's context for one import of several: its own checkpoint within the job's, its own folder."""

    def __init__(self, ctx: StepContext, name: str) -> None:
        self._ctx, self._name = ctx, name

    @property
    def checkpoint(self) -> dict[str, Any]:
        """Of this part."""
        return dict(self._ctx.checkpoint.get(self._name, {}))

    @property
    def workdir(self) -> Path:
        """Of this part."""
        folder = self._ctx.workdir / self._name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def progress(self, done: int, total: int | None = None, *, unit: str = "", note: str = "") -> None:
        """The job's."""
        self._ctx.progress(done, total, unit=unit, note=note)

    @contextmanager
    def step(
        self, *, done: int | None = None, total: int | None = None, checkpoint: dict[str, Any] | None = None,
        unit: str = "", note: str = "",
    ) -> Iterator[None]:  # fmt: skip
        """A step of the job; what the part notes in its checkpoint goes into the job's."""
        whole = None if checkpoint is None else {**self._ctx.checkpoint, self._name: checkpoint}
        with self._ctx.step(done=done, total=total, checkpoint=whole, unit=unit, note=note):
            yield


def bring_batches(*, run: Augmentation, rows: Path, part: str, ctx: StepContext) -> None:
    """Make the imports that take the rows of a file in: one for each family, stage, licence and consent of parents.

    A row whose parent is not as it was stays out. Done once: the checkpoint names the imports.
    """
    if f"{part}:batches" in ctx.checkpoint:
        return
    store = get_store()
    made: list[tuple[_Home, str, int, str, str]] = []
    for home, path in _split(run, rows, ctx.workdir, part):
        digest, size = sha256_file(path), path.stat().st_size
        name = f"augmentation-{run.pk}-{part}-{len(made) + 1}.jsonl"
        key = stored_key(run.project, digest, name)
        if not store.exists(key):
            store.put(key, path)
        made.append((home, digest, size, name, key))
    checkpoint = dict(ctx.checkpoint)
    with ctx.step(checkpoint=checkpoint, note="bringing children in"):
        batches = []
        for home, digest, size, name, key in made:
            options = ImportOptions(
                source=taxonomy.Source.AUGMENTED.value,
                family=home.family,
                stage=home.stage,
                licence=home.licence,
                consent_basis=home.consent_basis,
                rules=_RULES,
            )
            batch = ImportBatch.objects.create(
                project=run.project,
                file_name=name,
                object_key=key,
                file_sha256=digest,
                file_bytes=size,
                origin=ImportBatch.Origin.AUGMENTATION,
                created_by=run.created_by,
                **options.columns(),
            )
            record(
                action="import.start",
                actor=run.created_by,
                project=run.project,
                target=batch,
                payload={
                    "source": batch.source,
                    "family": batch.family,
                    "origin": batch.origin,
                    "file_sha256": digest,
                    "bytes": size,
                    "augmentation": run.pk,
                },
            )
            batches.append(batch.pk)
            run.batches.add(batch)
            _mark(run, part, batch, ctx.workdir / f"{part}-{len(batches)}.jsonl")
        checkpoint[f"{part}:batches"] = batches
        touch(f"project:{run.project_id}:imports")


def bring_records(*, run: Augmentation, part: str, ctx: StepContext) -> dict[str, int]:
    """Import the batches of a part, each resuming where it was; return their counts together."""
    total: Counter[str] = Counter()
    for pk in ctx.checkpoint[f"{part}:batches"]:
        counts = records_import(batch_id=pk, ctx=PartContext(ctx, f"import-{pk}"))
        total.update({name: counts[name] for name in ("read", "accepted", "duplicates", "quarantined")})
    return dict(total)


def bring_labels(*, run: Augmentation, part: str) -> list[LabelSnapshot]:
    """Publish the labels of a run's records that have none yet, by what they are worth. Inside the caller's step."""
    groups: dict[tuple[str, bool], list[SnapshotLabelInput]] = {}
    records = Record.objects.filter(import_batch__in=run.batches.all(), snapshot_labels__isnull=True).order_by("pk")
    last = 0
    while page := list(records.filter(pk__gt=last)[:_CHUNK]):
        last = page[-1].pk
        for made_by, simulated, label in _labels(run, page):
            groups.setdefault((made_by, simulated), []).append(label)
    published = []
    for (made_by, simulated), labels in sorted(groups.items()):
        snapshot = snapshot_publish(
            project=run.project,
            name=f"Augmentation {run.pk}: {part}",
            labels=labels,
            origin={"augmentation": run.pk, "part": part},
            simulated=simulated,
            actor=run.created_by,
            made_by=made_by,
        )
        run.snapshots.add(snapshot)
        published.append(snapshot)
    return published


def _split(run: Augmentation, rows: Path, folder: Path, part: str) -> list[tuple[_Home, Path]]:
    """Sort the rows into a file for each home, in the order of homes."""
    by_home: dict[_Home, list[bytes]] = {}
    with rows.open("rb") as lines:
        while chunk := list(islice(lines, _CHUNK)):
            homes = _homes(run, chunk)
            for line in chunk:
                home = homes.get(_parent_hash(orjson.loads(line)))
                if home is not None:
                    by_home.setdefault(home, []).append(line)
    found = []
    for number, home in enumerate(sorted(by_home), start=1):
        path = folder / f"{part}-{number}.jsonl"
        path.write_bytes(b"".join(by_home[home]))
        found.append((home, path))
    return found


def _parent_hash(row: dict[str, Any]) -> str:
    return str(row["metadata"]["augmentation"]["parent_content_hash"])


def _homes(run: Augmentation, chunk: list[bytes]) -> dict[str, _Home]:
    """The homes of those parents that are usable and read as they did."""
    hashes = [_parent_hash(orjson.loads(line)) for line in chunk]
    parents = Record.objects.filter(
        project=run.project_id,
        content_hash__in=hashes,
        state=Record.State.ACTIVE,
        pii_state__in=Record.PII_SETTLED,
    ).select_related("import_batch")
    return {
        parent.content_hash: _Home(
            parent.family, parent.stage, parent.import_batch.licence, parent.import_batch.consent_basis
        )
        for parent in parents
    }


def _mark(run: Augmentation, part: str, batch: ImportBatch, path: Path) -> None:
    """Note on approved variations which import takes them in, so that no other does."""
    if part == "children":
        return
    names = [orjson.loads(line)["id"] for line in path.read_bytes().splitlines()]
    for start in range(0, len(names), _CHUNK):
        run.variations.filter(name__in=names[start : start + _CHUNK]).update(batch=batch)


def _labels(run: Augmentation, page: list[Record]) -> Iterator[tuple[str, bool, SnapshotLabelInput]]:
    decided = {
        one.name: one
        for one in run.variations.filter(name__in=[each.external_id for each in page], state__in=Variation.APPROVED)
        .select_related("decided_by")
    }  # fmt: skip
    hashes = {each.pk: _parent_hash(each.metadata["input"]) for each in page}
    parents = {
        parent.content_hash: parent
        for parent in Record.objects.filter(project=run.project_id, content_hash__in=list(hashes.values()))
    }
    labels = best_labels(list(parents.values()))
    for child in page:
        parent = parents.get(hashes[child.pk])
        label = labels.get(parent.pk) if parent else None
        if one := decided.get(child.external_id):
            yield (
                LabelSnapshot.MadeBy.AUGMENTATION,
                bool(label and label.snapshot.simulated),
                _reviewed(child, one, label),
            )
        elif label is not None:
            decided_by = _DECIDED_BY[label.snapshot.made_by]
            made_by = label.snapshot.made_by
            if decided_by == SnapshotLabel.DecidedBy.PARENT:
                made_by = LabelSnapshot.MadeBy.AUGMENTATION
            yield made_by, label.snapshot.simulated, _inherited(child, label, decided_by)


def _inherited(child: Record, label: SnapshotLabel, decided_by: str) -> SnapshotLabelInput:
    return SnapshotLabelInput(
        record_id=child.pk,
        crisis_type=child.proposed_type,
        severity=child.proposed_severity,
        confidence=label.confidence,
        is_edge_case=child.is_edge_case,
        edge_case_kind=child.edge_case_kind,
        decided_by=decided_by,
        annotators=list(label.annotators),
        annotations=[
            {"id": f"record-{label.record_id}", "sha256": label.label_sha256, "annotator": "parent"},
        ],
    )


def _reviewed(child: Record, one: Variation, label: SnapshotLabel | None) -> SnapshotLabelInput:
    assert one.decided_by is not None
    return SnapshotLabelInput(
        record_id=child.pk,
        crisis_type=one.label[0],
        severity=one.label[1],
        confidence=label.confidence if label else 1.0,
        is_edge_case=child.is_edge_case,
        edge_case_kind=child.edge_case_kind,
        decided_by=SnapshotLabel.DecidedBy.REVIEWER,
        annotators=[one.decided_by.pseudonym],
        annotations=[
            {
                "id": f"variation-{one.pk}",
                "sha256": one.answer_sha256(child.content_hash),
                "annotator": one.decided_by.pseudonym,
            },
            *(
                [{"id": f"record-{label.record_id}", "sha256": label.label_sha256, "annotator": "parent"}]
                if label
                else []
            ),
        ],
    )
