"""Making a release: a draft row with its choices pinned, then one job that compiles, uploads and verifies."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.db import IntegrityError, transaction

from datasets_app.corpus import taxonomy
from datasets_app.corpus.engine import CompileError, CompileSettings, Input, Progress, compile_corpus
from datasets_app.corpus.gates import failed_required
from datasets_app.corpus.manifest import MANIFEST
from datasets_app.corpus.quality import summary
from datasets_app.corpus.verify import verify_release
from datasets_app.models import LabelSnapshot, Record, Release
from datasets_app.selectors import usable_records
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_file
from pixelhub.jobs.base import JobError
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import ObjectStore, get_store

from .errors import ReleaseRefused
from .held_out import held_out_hashes
from .ingest import StepContext
from .release_lines import PreparedLines, snapshot_entries, write_lines
from .screening import records_screen
from .storage import StoreReader

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

VERSION: Final = re.compile(r"v?\d{1,5}\.\d{1,5}\.\d{1,5}|v\d{4}-\d{2}-\d{2}")
_MAX_SEED: Final = 2**31 - 1
_NEAR_MODES: Final = ("group", "drop", "off")


@dataclass(frozen=True)
class ReleaseChoices:
    """What the person who compiles decides; all of it stands in the manifest.

    `parent` keeps the split of each of its records. Hold-out families go to the test split only. `near_duplicates`:
    "group" keeps them in one split, "drop" keeps one of them and every edge case, "off" does not look for them.
    """

    seed: int = 0
    kind: str = Release.Kind.LABELS
    parent: Release | None = None
    holdout_families: Sequence[str] = ()
    near_duplicates: str = "group"
    shares: dict[str, float] = field(default_factory=lambda: dict(taxonomy.SPLIT_SHARES))


def release_create(
    *,
    project: Project,
    version: str,
    actor: User | None,
    seed: int | None = None,
    choices: ReleaseChoices | None = None,
) -> Release:
    """Create a release of a project and queue its compilation; `seed` alone is short for default choices with it.

    The published snapshots are pinned now: what is published later goes into the next release. Raises ReleaseRefused
    for a version that is taken or no version, for choices that cannot be, and where there is nothing to compile.
    """
    chosen = choices or ReleaseChoices(seed=seed or 0)
    _check(project, version, chosen)
    try:
        with transaction.atomic():
            snapshots = list(LabelSnapshot.objects.filter(project=project).order_by("number"))
            if chosen.kind != Release.Kind.LABELS:
                snapshots = []
            elif not snapshots:
                raise ReleaseRefused("There is no published label snapshot yet; publish a round first.")
            release = Release.objects.create(
                project=project,
                version=version,
                kind=chosen.kind,
                parent=chosen.parent,
                state=Release.State.COMPILING,
                object_prefix=f"releases/{project.slug}/{version}/",
                params={
                    "seed": chosen.seed,
                    "shares": chosen.shares,
                    "holdout_families": sorted(set(chosen.holdout_families)),
                    "near_duplicates": chosen.near_duplicates,
                },
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
                payload={
                    "version": version,
                    "kind": chosen.kind,
                    "parent": chosen.parent.version if chosen.parent else "",
                    **release.params,
                    "snapshots": [item.sha256 for item in snapshots],
                },
            )
            touch(f"project:{project.pk}:releases")
    except IntegrityError:
        raise ReleaseRefused(f"Version {version} exists already; a release is never made twice.") from None
    return release


def _check(project: Project, version: str, chosen: ReleaseChoices) -> None:
    if not VERSION.fullmatch(version):
        raise ReleaseRefused("A version looks like 1.0.0 or v2026-01-31.")
    if not 0 <= chosen.seed <= _MAX_SEED:
        raise ReleaseRefused(f"The seed must lie between 0 and {_MAX_SEED}.")
    if chosen.kind not in (Release.Kind.LABELS, Release.Kind.CORPUS):
        raise ReleaseRefused("A release is made of labels or of the whole corpus.")
    if chosen.near_duplicates not in _NEAR_MODES:
        raise ReleaseRefused(f"Near-duplicates are one of {', '.join(_NEAR_MODES)}.")
    unknown = sorted(set(chosen.holdout_families) - set(taxonomy.FAMILIES))
    if unknown:
        raise ReleaseRefused(f"Unknown families: {', '.join(unknown)}.")
    if set(chosen.shares) != set(taxonomy.SPLITS) or abs(sum(chosen.shares.values()) - 1) > 1e-9:
        raise ReleaseRefused("The shares of train, validation and test must sum to 1.")
    parent = chosen.parent
    if parent is not None and (parent.project_id != project.pk or parent.state != Release.State.PUBLISHED):
        raise ReleaseRefused("The parent must be a published release of the same project.")
    if chosen.kind == Release.Kind.CORPUS and not usable_records(project).exists():
        raise ReleaseRefused("There is no usable record yet: import some, and settle the identifiers in them.")


def release_compile(*, release_id: int, ctx: StepContext) -> dict[str, Any]:
    """Compile, upload with the manifest last, verify what arrived, and publish the row. Safe to run again.

    Everything before the last step gives the same bytes each time, so a killed worker repeats it without effect.
    Raises JobError when nothing is usable, a required gate fails or the upload does not verify.
    """
    release = Release.objects.select_related("project", "compiled_by", "parent").get(pk=release_id)
    if release.state == Release.State.PUBLISHED:
        return {"manifest_sha256": release.manifest_sha256}
    Release.objects.filter(pk=release.pk).exclude(state=Release.State.PUBLISHED).update(
        state=Release.State.COMPILING, error=""
    )
    # Records of an older hub, or of an import that did not screen, are looked at now rather than left out.
    if Record.objects.filter(project=release.project, pii_state=Record.PiiState.UNSCANNED).exists():
        records_screen(project=release.project, actor=release.compiled_by, ctx=ctx)
    prepared = write_lines(release, _emptied(ctx.workdir / "prepared") / "records.jsonl", ctx)
    if not prepared.lines:
        raise JobError(f"No record can be used{_why(prepared)}.")
    folder = _compile(release, prepared, ctx)
    manifest = orjson.loads((folder / MANIFEST).read_bytes())
    failed = failed_required(manifest["gates"])
    if failed:
        raise JobError(f"The release fails a required gate: {', '.join(failed)}.")
    digest = sha256_file(folder / MANIFEST)
    ctx.progress(prepared.lines, prepared.lines, unit="records", note="uploading")
    store, first = get_store(), release.object_prefix
    release.object_prefix = _upload(store, release, folder, digest)
    _publish(release, manifest, digest, prepared, ctx)
    if release.object_prefix != first:
        for stat in list(store.list(first)):
            store.delete(stat.key)
    return {"manifest_sha256": digest, "records": manifest["counts"]["total"]}


def _why(prepared: PreparedLines) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(prepared.left_out.items()))
    return f" ({reasons})" if reasons else ""


def _compile(release: Release, prepared: PreparedLines, ctx: StepContext) -> Path:
    """Run the engine over the prepared lines and return the folder of the release."""
    folder = _emptied(ctx.workdir / "release")
    settings = CompileSettings(
        project=release.project.slug,
        version=release.version,
        seed=release.params["seed"],
        shares=release.params["shares"],
        near_duplicates=release.params["near_duplicates"],
        holdout_families=tuple(release.params["holdout_families"]),
        parent=_parent_folder(release, ctx),
        # Those held out while this waited count as well.
        held_out=held_out_hashes(release.project_id),
        params={
            "kind": release.kind,
            "parent": release.parent.version if release.parent else "",
            "left_out": dict(sorted(prepared.left_out.items())),
            "licences": sorted(prepared.licences),
            "quality": summary(prepared.quality),
        },
        snapshots=snapshot_entries(release, prepared.used),
    )
    source = Input(address=str(prepared.path), family="", name="hub", prepared=True)

    def progress(state: Progress) -> None:
        ctx.progress(state.done, state.total, unit=state.unit, note=state.stage)

    try:
        report = compile_corpus([source], folder, settings, workdir=_emptied(ctx.workdir / "engine"), progress=progress)
    except CompileError as error:
        raise JobError(f"The compile failed: {error}") from None
    copies = report.duplicates - report.near_duplicates_dropped
    if report.quarantined or copies:
        raise JobError(f"{report.quarantined} records were refused and {copies} came twice: {report.reasons}")
    return folder


def _parent_folder(release: Release, ctx: StepContext) -> str:
    """Bring the parent's files here, "" without one. Raises JobError when they are not those that were published."""
    if release.parent is None:
        return ""
    folder = _emptied(ctx.workdir / "parent")
    get_store().download_tree(release.parent.object_prefix, folder)
    if sha256_file(folder / MANIFEST) != release.parent.manifest_sha256:
        raise JobError(f"The stored manifest of release {release.parent.version} is not the one that was published.")
    return str(folder)


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def release_upload(store: ObjectStore, prefix: str, folder: Path, digest: str) -> None:
    """Upload a release with its manifest last and verify what landed. Raises JobError when that does not verify."""
    store.publish(prefix, _files(folder), last=MANIFEST)
    report = verify_release(StoreReader(store, prefix), manifest_sha256=digest)
    if not report.ok:
        raise JobError("The uploaded release does not verify: " + "; ".join(report.reasons[:5]))


def _files(folder: Path) -> dict[str, Path]:
    manifest = orjson.loads((folder / MANIFEST).read_bytes())
    return {name: folder / name for name in [*(entry["path"] for entry in manifest["files"]), MANIFEST]}


def _upload(store: ObjectStore, release: Release, folder: Path, digest: str) -> str:
    """Upload to the release's own prefix, or to one of this manifest's, and return which.

    The second where an attempt that was killed left other files, because a record has changed since. Nothing is
    deleted before the row is published: a worker that lost its lease must not be able to harm a release.
    """
    own, other = release.object_prefix, f"{release.object_prefix[:-1]}-{digest[:12]}/"
    try:
        release_upload(store, own, folder, digest)
    except (FileExistsError, JobError):
        release_upload(store, other, folder, digest)
        return other
    return own


def _publish(
    release: Release, manifest: dict[str, Any], digest: str, prepared: PreparedLines, ctx: StepContext
) -> None:
    total = manifest["counts"]["total"]
    with ctx.step(done=total, total=total, unit="records", note="published"):
        changed = Release.objects.filter(pk=release.pk, state=Release.State.COMPILING).update(
            state=Release.State.PUBLISHED,
            manifest_sha256=digest,
            object_prefix=release.object_prefix,
            counts=manifest["counts"] | {"edge_cases": manifest["edge_cases"]},
            gates=manifest["gates"],
            quality=prepared.quality,
            params=release.params | {"left_out": dict(prepared.left_out), "licences": sorted(prepared.licences)},
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
                    "left_out": dict(prepared.left_out),
                    "release_sha256": manifest["sha256"],
                },
            )
            touch(f"project:{release.project_id}:releases")


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
