"""Releases that leave the hub and releases that come from elsewhere; both verified by their bytes after landing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.db import IntegrityError, transaction

from datasets_app.corpus.gates import REQUIRED
from datasets_app.corpus.manifest import MANIFEST
from datasets_app.corpus.quality import quality_report
from datasets_app.corpus.verify import FolderReader, VerifyReport, lines_in, verify_release
from datasets_app.models import Release
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_file
from pixelhub.jobs.base import JobError
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import get_store, open_store
from pixelhub.objects.base import ObjectStoreError

from .errors import ReleaseRefused
from .ingest import StepContext
from .releases import VERSION, release_upload

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User
    from pixelhub.jobs.models import Job

EXPORTS: Final = "exports/releases/"


def export_prefix_of(version: str) -> str:
    """Return where a version is exported to: exports/releases/v1.0.0/."""
    return f"{EXPORTS}{version if version.startswith('v') else 'v' + version}/"


def release_export_start(*, release: Release, actor: User | None) -> Job:
    """Queue the export of a published release. Raises ReleaseRefused for any other, and when it is exported already."""
    if release.state != Release.State.PUBLISHED:
        raise ReleaseRefused("Only a published release can be exported.")
    if release.export_prefix:
        raise ReleaseRefused(f"The release is exported already, to {release.export_prefix}")
    with transaction.atomic():
        job = job_enqueue(kind="release.export", params={"release": release.pk}, project=release.project, owner=actor)
        record(
            action="release.export_start",
            actor=actor,
            project=release.project,
            target=release,
            payload={"version": release.version},
        )
    return job


def release_export(*, release_id: int, actor: User | None, ctx: StepContext) -> dict[str, Any]:
    """Copy a published release to exports/releases/v…/, manifest last, and verify what landed. Safe to run again.

    Raises JobError when the release or its copy does not verify, or another release lies under that version.
    """
    release = Release.objects.select_related("project").get(pk=release_id)
    prefix = export_prefix_of(release.version)
    if release.export_prefix:
        return {"export_prefix": release.export_prefix}
    total = release.counts["total"]
    store = get_store()
    with tempfile.TemporaryDirectory(dir=ctx.workdir) as folder:
        ctx.progress(0, total, unit="records", note="downloading")
        store.download_tree(release.object_prefix, Path(folder))
        report = verify_release(FolderReader(Path(folder)), manifest_sha256=release.manifest_sha256)
        if not report.ok:
            raise JobError("The stored release does not verify: " + "; ".join(report.reasons[:5]))
        ctx.progress(0, total, unit="records", note="uploading")
        try:
            release_upload(store, prefix, Path(folder), release.manifest_sha256)
        except FileExistsError:
            raise JobError(f"Another release lies under {prefix}; nothing there was changed.") from None
    with ctx.step(done=total, total=total, unit="records", note="exported"):
        if Release.objects.filter(pk=release.pk, export_prefix="").update(export_prefix=prefix):
            record(
                action="release.export",
                actor=actor,
                project=release.project,
                target=release,
                payload={"version": release.version, "prefix": prefix, "manifest_sha256": release.manifest_sha256},
            )
            touch(f"project:{release.project_id}:releases")
    return {"export_prefix": prefix}


def release_register(*, project: Project, place: str, actor: User | None) -> Release:
    """Take a release that was made elsewhere into the hub, from a folder or an address, after a full verification.

    Full: every byte and line, near-duplicates across splits, and all required gates whatever its own parameters say.
    Raises ReleaseRefused with the reasons, and for a version that this project has already.
    """
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        folder = _folder_of(place, Path(scratch))
        report = verify_release(FolderReader(folder), near_duplicates=True)
        _refuse_defects(report)
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        version = manifest.get("version")
        if not isinstance(version, str) or not VERSION.fullmatch(version):
            raise ReleaseRefused("The manifest names no version like 1.0.0 or v2026-01-31.")
        if Release.objects.filter(project=project, version=version).exists():
            raise ReleaseRefused(f"Version {version} exists already in this project.")
        digest = sha256_file(folder / MANIFEST)
        prefix = f"releases/{project.slug}/{version}/"
        try:
            release_upload(get_store(), prefix, folder, digest)
        except (FileExistsError, JobError, ObjectStoreError) as error:
            raise ReleaseRefused(str(error)) from None
        quality = quality_report(lines_in(FolderReader(folder), manifest))
    return _registered(project, version, manifest, digest, prefix, report, quality, actor)


def _registered(
    project: Project,
    version: str,
    manifest: dict[str, Any],
    digest: str,
    prefix: str,
    report: VerifyReport,
    quality: dict[str, Any],
    actor: User | None,
) -> Release:
    try:
        with transaction.atomic():
            release = Release.objects.create(
                project=project,
                version=version,
                kind=Release.Kind.FOREIGN,
                state=Release.State.PUBLISHED,
                object_prefix=prefix,
                manifest_sha256=digest,
                counts=report.counts | {"edge_cases": manifest["edge_cases"]},
                gates=report.gates,
                quality=quality,
                params=manifest["params"],
                compiled_by=actor,
            )
            record(
                action="release.register",
                actor=actor,
                project=project,
                target=release,
                payload={"version": version, "manifest_sha256": digest, "records": report.counts["total"]},
            )
            touch(f"project:{project.pk}:releases")
    except IntegrityError:
        raise ReleaseRefused(f"Version {version} exists already in this project.") from None
    return release


def _refuse_defects(report: VerifyReport) -> None:
    failed = [gate["gate"] for gate in report.gates if gate["gate"] in REQUIRED and not gate["passed"]]
    reasons = [*report.reasons[:5], *(f"gate {name} fails" for name in failed)]
    if reasons:
        raise ReleaseRefused("The release does not verify: " + "; ".join(reasons))


def _folder_of(place: str, scratch: Path) -> Path:
    """Return the folder itself, or download what lies at an address. Raises ReleaseRefused when there is nothing."""
    if "://" not in place:
        folder = Path(place)
        if not folder.is_dir():
            raise ReleaseRefused(f"{place} is neither a folder nor an s3:// address")
        return folder
    try:
        open_store(place).download_tree("", scratch)
    except (ValueError, ObjectStoreError) as error:
        raise ReleaseRefused(str(error)) from None
    return scratch
