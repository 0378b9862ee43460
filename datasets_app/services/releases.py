"""Making a release: a draft row with its snapshots pinned, then one job that compiles, uploads and verifies."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction

from datasets_app.corpus import taxonomy
from datasets_app.corpus.manifest import MANIFEST, write_release
from datasets_app.corpus.splits import Placement, SplitItem, assign_splits
from datasets_app.corpus.verify import verify_release
from datasets_app.models import LabelSnapshot, Record, Release, SnapshotLabel
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_file
from pixelhub.jobs.base import JobError
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import get_store

from .errors import ReleaseRefused
from .ingest import StepContext
from .storage import StoreReader

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

_VERSION: Final = re.compile(r"v?\d{1,5}\.\d{1,5}\.\d{1,5}|v\d{4}-\d{2}-\d{2}")
_MAX_SEED: Final = 2**31 - 1
_FETCH: Final = 500


@dataclass(frozen=True)
class _Label:
    """The label of one record that goes into the release."""

    record_id: int
    content_hash: str
    label: SnapshotLabel
    group_keys: tuple[str, ...]
    edge: bool


def release_create(*, project: Project, version: str, seed: int, actor: User | None) -> Release:
    """Create a release of all published snapshots of the project and queue its compilation.

    The snapshots are pinned now: what is published later goes into the next release. Raises ReleaseRefused for a
    version that is taken or no version, a seed outside 0..2^31-1, or a project without a snapshot.
    """
    if not _VERSION.fullmatch(version):
        raise ReleaseRefused("A version looks like 1.0.0 or v2026-01-31.")
    if not 0 <= seed <= _MAX_SEED:
        raise ReleaseRefused(f"The seed must lie between 0 and {_MAX_SEED}.")
    try:
        with transaction.atomic():
            snapshots = list(LabelSnapshot.objects.filter(project=project).order_by("number"))
            if not snapshots:
                raise ReleaseRefused("There is no published label snapshot yet; publish a round first.")
            release = Release.objects.create(
                project=project,
                version=version,
                state=Release.State.COMPILING,
                object_prefix=f"releases/{project.slug}/{version}/",
                params={"seed": seed, "shares": taxonomy.SPLIT_SHARES},
                compiled_by=actor,
            )
            release.snapshots.set(snapshots)
            release.job = job_enqueue(
                kind="release.compile",
                params={"release": release.pk},
                project=project,
                owner=actor,
                idempotency_key=f"release-{release.pk}",
            )
            release.save(update_fields=["job"])
            record(
                action="release.create",
                actor=actor,
                project=project,
                target=release,
                payload={"version": version, "seed": seed, "snapshots": [item.sha256 for item in snapshots]},
            )
            touch(f"project:{project.pk}:releases")
    except IntegrityError:
        raise ReleaseRefused(f"Version {version} exists already; a release is never made twice.") from None
    return release


def release_compile(*, release_id: int, ctx: StepContext) -> dict[str, Any]:
    """Compile, upload with the manifest last, verify what arrived, and publish the row. Safe to run again.

    Everything before the last step gives the same bytes each time, so a killed worker repeats it without effect.
    Raises JobError when a required gate fails or the upload does not verify.
    """
    release = Release.objects.select_related("project", "compiled_by").get(pk=release_id)
    if release.state == Release.State.PUBLISHED:
        return {"manifest_sha256": release.manifest_sha256}
    Release.objects.filter(pk=release.pk).exclude(state=Release.State.PUBLISHED).update(
        state=Release.State.COMPILING, error=""
    )
    labels = _winning_labels(release)
    ctx.progress(0, len(labels), unit="records", note="splitting")
    placements = assign_splits(
        (SplitItem(item.content_hash, item.label.crisis_type, item.group_keys) for item in labels),
        seed=release.params["seed"],
        shares=release.params["shares"],
    )
    folder = ctx.workdir / "release"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    manifest = write_release(
        folder,
        _lines(labels, placements, ctx),
        project=release.project.slug,
        version=release.version,
        params=release.params,
        snapshots=_snapshot_entries(release, labels),
        edge_cases_expected=sum(item.edge for item in labels),
    )
    _refuse_failed_gates(manifest)
    digest = sha256_file(folder / MANIFEST)
    _upload(release, folder, manifest, digest)
    _publish(release, manifest, digest, ctx, len(labels))
    return {"manifest_sha256": digest, "records": len(labels)}


def release_fail(*, release_id: int, reason: str) -> None:
    """Note why a release could not be compiled; a published one is never touched."""
    with transaction.atomic():
        changed = (
            Release.objects.filter(pk=release_id)
            .exclude(state=Release.State.PUBLISHED)
            .update(state=Release.State.FAILED, error=reason[:2000])
        )
        if not changed:
            return
        release = Release.objects.select_related("project", "compiled_by").get(pk=release_id)
        record(
            action="release.fail",
            actor=release.compiled_by,
            project=release.project,
            target=release,
            payload={"version": release.version, "reason": reason[:500]},
        )
        touch(f"project:{release.project_id}:releases")


def _winning_labels(release: Release) -> list[_Label]:
    """Return one label per record, the latest snapshot's, in the order of the content hashes."""
    winners: dict[int, _Label] = {}
    rows = (
        SnapshotLabel.objects.filter(snapshot__releases=release)
        .select_related("snapshot")
        .order_by("-snapshot__number")
        .iterator(chunk_size=_FETCH)
    )
    known = {
        pk: (content, tuple(keys), edge)
        for pk, content, keys, edge in Record.objects.filter(project_id=release.project_id)
        .values_list("pk", "content_hash", "group_keys", "is_edge_case")
        .iterator(chunk_size=_FETCH)
    }
    for label in rows:
        if label.record_id not in winners:
            content, keys, edge = known[label.record_id]
            # Flagged anywhere, by the input or by people, it is an edge case: the flag is never lost.
            winners[label.record_id] = _Label(label.record_id, content, label, keys, edge or label.is_edge_case)
    return sorted(winners.values(), key=lambda item: item.content_hash)


def _lines(
    labels: list[_Label], placements: dict[str, Placement], ctx: StepContext
) -> Iterator[tuple[str, dict[str, Any]]]:
    for start in range(0, len(labels), _FETCH):
        chunk = labels[start : start + _FETCH]
        records = {
            row.pk: row
            for row in Record.objects.filter(pk__in=[item.record_id for item in chunk]).select_related("import_batch")
        }
        for item in chunk:
            placement = placements[item.content_hash]
            yield placement.split, _line(item, records[item.record_id], placement)
        ctx.progress(start + len(chunk), len(labels), unit="records", note="writing shards")


def _line(item: _Label, row: Record, placement: Placement) -> dict[str, Any]:
    label = item.label
    return {
        "id": row.external_id,
        "messages": row.messages,
        "crisis_type": label.crisis_type,
        "severity": label.severity,
        "confidence": label.confidence,
        "metadata": {
            "content_hash": row.content_hash,
            "record_hash": row.record_hash,
            "source_family": row.family,
            "stage": row.stage,
            "source": row.source,
            "is_training_edge_case": item.edge,
            "edge_case_kind": label.edge_case_kind or row.edge_case_kind,
            "group": placement.group,
            "provenance": {
                "snapshot_sha256": label.snapshot.sha256,
                "snapshot_number": label.snapshot.number,
                "decided_by": label.decided_by,
                "annotations": label.annotations,
                "import_batch": row.import_batch_id,
                "import_sha256": row.import_batch.file_sha256,
                "line": row.line,
                "simulated": label.snapshot.simulated,
            },
        },
    }


def _snapshot_entries(release: Release, labels: list[_Label]) -> list[dict[str, Any]]:
    used: dict[int, int] = {}
    for item in labels:
        used[item.label.snapshot_id] = used.get(item.label.snapshot_id, 0) + 1
    return [
        {
            "number": snapshot.number,
            "name": snapshot.name,
            "sha256": snapshot.sha256,
            "labels": snapshot.labels_count,
            "used": used.get(snapshot.pk, 0),
            "simulated": snapshot.simulated,
        }
        for snapshot in release.snapshots.order_by("number")
    ]


def _refuse_failed_gates(manifest: dict[str, Any]) -> None:
    failed = [gate["gate"] for gate in manifest["gates"] if gate["required"] and not gate["passed"]]
    if failed:
        raise JobError(f"The release fails a required gate: {', '.join(failed)}.")


def _upload(release: Release, folder: Path, manifest: dict[str, Any], digest: str) -> None:
    store = get_store()
    files = {entry["path"]: folder / entry["path"] for entry in manifest["files"]}
    files[MANIFEST] = folder / MANIFEST
    store.publish(release.object_prefix, files, last=MANIFEST)
    report = verify_release(StoreReader(store, release.object_prefix), manifest_sha256=digest)
    if not report.ok:
        raise JobError("The uploaded release does not verify: " + "; ".join(report.reasons[:5]))


def _publish(release: Release, manifest: dict[str, Any], digest: str, ctx: StepContext, total: int) -> None:
    with ctx.step(done=total, total=total, unit="records", note="published"):
        changed = Release.objects.filter(pk=release.pk, state=Release.State.COMPILING).update(
            state=Release.State.PUBLISHED,
            manifest_sha256=digest,
            counts=manifest["counts"] | {"edge_cases": manifest["edge_cases"]},
            gates=manifest["gates"],
        )
        if changed:
            record(
                action="release.publish",
                actor=release.compiled_by,
                project=release.project,
                target=release,
                payload={
                    "version": release.version,
                    "manifest_sha256": digest,
                    "records": total,
                    "release_sha256": manifest["sha256"],
                },
            )
            touch(f"project:{release.project_id}:releases")
