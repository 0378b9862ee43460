"""A release and what a job makes of it on this machine: files in the job's own folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings

from datasets_app.models import Release
from pixelhub.canonical import sha256_file
from pixelhub.jobs.base import JobContext, JobError
from pixelhub.objects import get_store
from training_app.learn.bundle import bundle_open
from training_app.learn.config import OutputConfig, TrainingConfig
from training_app.models import ModelVersion

MANIFEST: Final = "manifest.json"


def materialise(ctx: JobContext, release: Release) -> Path:
    """Return the job's own copy of a release, fetched once. Raises JobError when it is not the published one."""
    folder, partial = ctx.workdir / "release", ctx.workdir / "release.partial"
    if not folder.is_dir():
        ctx.progress(0, note="Fetching the release")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        get_store().download_tree(release.object_prefix, partial)
        partial.rename(folder)
        ctx.log(f"Fetched release {release.version}.")
    manifest = folder / MANIFEST
    if not manifest.is_file() or sha256_file(manifest) != release.manifest_sha256:
        shutil.rmtree(folder)
        raise JobError("The stored release is not the one that was published: its manifest's SHA-256 differs.")
    return folder


def materialise_bundle(ctx: JobContext, version: ModelVersion) -> Path:
    """Return the job's own copy of a version's bundle, fetched once. Raises BundleRefused when its bytes differ."""
    folder, partial = ctx.workdir / "source", ctx.workdir / "source.partial"
    if not folder.is_dir():
        ctx.progress(0, note="Fetching the version")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        get_store().download_tree(version.object_prefix, partial)
        partial.rename(folder)
    if bundle_open(folder).sha256 != version.bundle_sha256:
        shutil.rmtree(folder)
        raise JobError("The stored version is not the one that was registered: its bundle's SHA-256 differs.")
    return folder


def config_for_machine(
    config: TrainingConfig, release_dir: Path, out_dir: Path, teacher_dir: Path | None = None
) -> TrainingConfig:
    """Return the configuration with the folders of this machine."""
    return msgspec.structs.replace(
        config,
        # Shared by all runs: another configuration on the same release does not read the conversations again.
        compute=msgspec.structs.replace(config.compute, cache_dir=str(Path(settings.VAR_DIR) / "embeddings")),
        tracking=msgspec.structs.replace(config.tracking, local_dir=str(Path(settings.VAR_DIR) / "tracking")),
        output=OutputConfig(str(release_dir), str(out_dir), str(teacher_dir or "")),
    )
