"""Acts on model versions: registration of a bundle, changes of state."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.db import transaction

from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from pixelhub.objects import get_store
from training_app.learn.bundle import DOCUMENT, FrozenBundle, bundle_open
from training_app.learn.errors import BundleRefused
from training_app.models import ModelVersion, RunKind, TrainingRun, VersionKind, VersionState, VersionTransition
from training_app.services.refusal import BundleRegistered, TransitionRefused
from training_app.states import sources_of
from training_app.topics import versions_topic

FIRST_VERSION: Final = "1.0.0"
KIND_OF_RUN: Final[dict[str, str]] = {
    RunKind.TRAIN: VersionKind.TRAINED,
    RunKind.DISTIL: VersionKind.STUDENT,
    RunKind.EXPORT: VersionKind.INT8,
}


def model_version_register(*, run: TrainingRun, bundle_dir: Path, actor: User) -> ModelVersion:
    """Store a bundle's files under its hash and register it as the project's next version, once per run.

    The run's kind becomes the version's, and its source version what it is derived from; such a bundle names the
    source's hash as `derived_from` in its lineage. Raises BundleRefused when the bytes do not check out or are not of
    this run, BundleRegistered when the project has a version of exactly these bytes from another run.
    """
    bundle = bundle_open(bundle_dir)
    _refuse_other_origin(bundle, run)
    prefix = f"models/{bundle.sha256}/"
    names = [*bundle.document["files"], DOCUMENT]
    get_store().publish(prefix, {name: bundle_dir / name for name in names}, last=DOCUMENT)
    with transaction.atomic():
        # The project's row is the lock under which version numbers are given out.
        project = Project.objects.select_for_update(no_key=True).get(pk=run.project_id)
        registered = ModelVersion.objects.filter(run=run).first()
        if registered is not None:
            return registered
        same = ModelVersion.objects.filter(project=project, bundle_sha256=bundle.sha256).first()
        if same is not None:
            raise BundleRegistered(same)
        version = ModelVersion.objects.create(
            project=project,
            version=_next_version(project),
            run=run,
            release=run.release,
            trainer=run.started_by,
            kind=KIND_OF_RUN[run.kind],
            derived_from=run.source_version,
            bundle_sha256=bundle.sha256,
            object_prefix=prefix,
            files=bundle.document["files"],
            lineage=bundle.lineage | {"encoder": bundle.document["encoder"]},
            threshold=bundle.threshold,
            temperature=bundle.temperature,
        )
        record(
            action="model_version.register",
            actor=actor,
            project=project,
            target=version,
            payload={"version": version.version, "bundle_sha256": bundle.sha256, "run": run.pk} | bundle.lineage,
        )
        VersionTransition.objects.create(model_version=version, after=version.state, by=actor)
        touch(versions_topic(project.pk))
    return version


def version_set_state(*, version: ModelVersion, state: str, actor: User | None) -> ModelVersion:
    """Move a version along the table in `states.py`. Raises TransitionRefused when it is elsewhere (by now)."""
    wanted = VersionState(state)
    with transaction.atomic():
        before = ModelVersion.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=version.pk)
        moved = ModelVersion.objects.filter(pk=version.pk, state=before, state__in=sources_of(wanted)).update(
            state=wanted
        )
        if not moved:
            raise TransitionRefused(
                f"Version {version.version} is {VersionState(before).label.lower()}; "
                f"from there it cannot become {wanted.label.lower()}."
            )
        record(
            action="model_version.state",
            actor=actor,
            project=version.project,
            target=version,
            payload={"from": before, "to": wanted.value, "bundle_sha256": version.bundle_sha256},
        )
        VersionTransition.objects.create(model_version=version, before=before, after=wanted, by=actor)
        touch(versions_topic(version.project_id))
    version.state = wanted
    return version


def _refuse_other_origin(bundle: FrozenBundle, run: TrainingRun) -> None:
    expected: dict[str, Any] = {
        "release_manifest_sha256": run.release.manifest_sha256,
        "config_sha256": run.config_sha256,
    }
    source = run.source_version
    if source is not None:
        if source.project_id != run.project_id or source.release_id != run.release_id:
            raise BundleRefused("a derived version belongs to the project and the release of the version it came from")
        expected["derived_from"] = source.bundle_sha256
    for name, value in expected.items():
        if bundle.lineage.get(name) != value:
            raise BundleRefused(f"the bundle's {name} is not that of run {run.pk}")


def _next_version(project: Project) -> str:
    numbers = ModelVersion.objects.filter(project=project).values_list("version", flat=True)
    known = [tuple(int(part) for part in number.split(".")) for number in numbers]
    if not known:
        return FIRST_VERSION
    major, minor, _ = max(known)
    return f"{major}.{minor + 1}.0"
