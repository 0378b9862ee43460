"""Acts that make a version out of a version: a student of it, or its INT8 export. Each is a run of its own kind."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction

from pixelhub.accounts.models import User
from pixelhub.audit.services import record
from pixelhub.jobs.services import job_enqueue
from training_app.learn.config import DISTILLING, TrainingConfig, config_from
from training_app.models import ModelVersion, RunKind, TrainingRun, VersionKind, VersionState
from training_app.services.refusal import RunRefused
from training_app.services.runs import JOB_KIND, run_start
from training_app.topics import touch_run


def student_start(
    *, version: ModelVersion, actor: User, layers: int = 3, config: TrainingConfig | None = None
) -> TrainingRun:
    """Queue the distillation of a student of a version, with so many of its lower layers.

    It reads as its teacher reads; `config` overrides how it learns. Raises RunRefused for a version that cannot teach.
    """
    refuse_source(version)
    if version.kind != VersionKind.TRAINED:
        raise RunRefused("A student learns from a trained version, not from another student or an INT8 export.")
    of_teacher = config_from(dict(version.run.config))
    if of_teacher.model.method != "cached":
        raise RunRefused("A student learns from heads on the frozen embedded encoder: a version of the cached method.")
    base = config or msgspec.structs.replace(of_teacher, optimisation=DISTILLING)
    student = msgspec.structs.replace(base.model.student, layers=layers)
    chosen = msgspec.structs.replace(
        base, data=of_teacher.data, model=msgspec.structs.replace(base.model, method="distil", student=student)
    )
    return run_start(
        project=version.project,
        release=version.release,
        config=chosen,
        actor=actor,
        name=f"Student of version {version.version}, {layers} layers",
        source_version=version,
    )


def int8_start(*, version: ModelVersion, actor: User) -> TrainingRun:
    """Queue the INT8 export of a version, which becomes a version of its own. Raises RunRefused without a graph.

    The same export again is the same run, as long as it did not fail.
    """
    refuse_source(version)
    if version.kind == VersionKind.INT8:
        raise RunRefused("This version is INT8 already.")
    if "model.onnx" not in version.files:
        raise RunRefused("Only a version with an ONNX graph becomes INT8.")
    made: dict[str, Any] = {"project": version.project, "source_version": version, "kind": RunKind.EXPORT}
    with transaction.atomic():
        ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
        before = TrainingRun.objects.filter(**made, state__in=("queued", "running", "succeeded")).first()
        if before is not None and before.shown_state in ("queued", "running", "succeeded"):
            return before
        run = TrainingRun.objects.create(
            **made,
            release=version.release,
            name=f"INT8 of version {version.version}",
            config=version.run.config,
            config_sha256=version.run.config_sha256,
            started_by=actor,
        )
        run.job = job_enqueue(kind=JOB_KIND, params={"run": run.pk}, project=version.project, owner=actor)
        run.save(update_fields=["job"])
        record(
            action="training_run.start",
            actor=actor,
            project=version.project,
            target=run,
            payload={"kind": run.kind, "source": version.pk, "bundle_sha256": version.bundle_sha256, "job": run.job.pk},
        )
        touch_run(run)
    return run


def refuse_source(version: ModelVersion) -> None:
    """Raise RunRefused for a version that nothing more is made of."""
    if version.state == VersionState.REJECTED:
        raise RunRefused("This version was rejected; nothing more is made of it.")
