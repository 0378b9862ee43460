"""Acts on training runs: start, cancel, and what the job writes while it goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from datasets_app.models import Release
from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record
from pixelhub.jobs.models import JobState
from pixelhub.jobs.services import JobNotRetryable, job_cancel, job_enqueue, job_retry
from training_app.backbones import is_allowed
from training_app.learn.config import OutputConfig, TrainingConfig, config_as_dict, config_from, config_sha256
from training_app.models import ModelVersion, RunKind, RunMetric, RunState, Study, TrainingRun
from training_app.services.refusal import RunRefused
from training_app.topics import touch_run
from training_app.trackers import tracking_refusal

JOB_KIND: Final = "training.run"
# The curves that are kept; everything else an epoch reports is in its log line.
CURVES: Final = (
    "train_loss",
    "train_type_loss",
    "train_severity_loss",
    "val_loss",
    "val_type_loss",
    "val_severity_loss",
    "val_macro_f1",
    "learning_rate",
)
MAX_NAME: Final = 120


def run_start(
    *,
    project: Project,
    release: Release,
    config: Mapping[str, Any] | TrainingConfig,
    actor: User,
    name: str = "",
    cloned_from: TrainingRun | None = None,
    study: Study | None = None,
    source_version: ModelVersion | None = None,
) -> TrainingRun:
    """Create a run and queue its job; with `source_version` it distils a student of that version.

    Raises RunRefused for a release, a backbone or an origin that it may not have, ConfigInvalid naming the field.
    """
    checked = config if isinstance(config, TrainingConfig) else config_from(dict(config))
    refuse_unfit(project=project, release=release, config=checked)
    for origin in (cloned_from, study, source_version):
        if origin is not None and origin.project_id != project.pk:
            raise RunRefused("What this run comes from belongs to another project.")
    if (checked.model.method == "distil") != (source_version is not None):
        raise RunRefused("The method distil and a version to learn from belong together.")
    title = " ".join(name.split())[:MAX_NAME] or f"Run on release {release.version}"
    with transaction.atomic():
        run = TrainingRun.objects.create(
            project=project,
            release=release,
            name=title,
            config=config_as_dict(checked),
            config_sha256=config_sha256(checked),
            started_by=actor,
            kind=RunKind.DISTIL if source_version else RunKind.TRAIN,
            cloned_from=cloned_from,
            study=study,
            source_version=source_version,
        )
        run.job = job_enqueue(kind=JOB_KIND, params={"run": run.pk}, project=project, owner=actor)
        run.save(update_fields=["job"])
        record(
            action="training_run.start",
            actor=actor,
            project=project,
            target=run,
            payload={
                "release": release.version,
                "manifest_sha256": release.manifest_sha256,
                "config_sha256": run.config_sha256,
                "job": run.job.pk,
            }
            | {
                name: origin.pk
                for name, origin in {"cloned_from": cloned_from, "study": study, "source": source_version}.items()
                if origin is not None
            },
        )
        touch_run(run)
    return run


def refuse_unfit(*, project: Project, release: Release, config: TrainingConfig) -> None:
    """Raise RunRefused for what a run or a study of this project may not use."""
    if release.project_id != project.pk:
        raise RunRefused("This release belongs to another project.")
    if release.state != Release.State.PUBLISHED:
        raise RunRefused("Only a published release can be trained on.")
    if config.output != OutputConfig() or config.compute.cache_dir:
        raise RunRefused("Folders are chosen by the hub: leave output and compute.cache_dir out of the configuration.")
    if not is_allowed(config.model.backbone):
        raise RunRefused("The backbone is not one that the operator allows: see PIXELHUB_MODEL_DIRS.")
    if refusal := tracking_refusal(config.tracking):
        raise RunRefused(refusal)


def run_resume(*, run: TrainingRun, actor: User) -> TrainingRun:
    """Queue a failed or cancelled run again: it goes on after its last whole epoch where its folder is still there.

    Raises RunRefused when it is not such a run (any more).
    """
    if run.job is None:
        raise RunRefused("This run has no job to take up again; clone it instead.")
    with transaction.atomic():
        try:
            job_retry(job=run.job, actor=actor)
        except JobNotRetryable as problem:
            raise RunRefused("Only a failed or cancelled run can be resumed.") from problem
        TrainingRun.objects.filter(pk=run.pk).update(state=RunState.QUEUED, finished_at=None)
        record(action="training_run.resume", actor=actor, project=run.project, target=run)
        touch_run(run)
    run.refresh_from_db(fields=["state", "finished_at"])
    return run


def run_cancel(*, run: TrainingRun, actor: User) -> bool:
    """Ask a run to stop; a queued one stops at once. Returns False when it had already ended."""
    if run.job is None:
        return False
    with transaction.atomic():
        asked = job_cancel(job=run.job, actor=actor)
        if asked:
            record(action="training_run.cancel", actor=actor, project=run.project, target=run)
            if run.job.state == JobState.CANCELLED:
                run_mark_cancelled(run=run)
            touch_run(run)
    run.refresh_from_db(fields=["state", "finished_at"])
    return asked


def run_begin(*, run: TrainingRun) -> None:
    """Note that a worker has taken the run up, again perhaps: a retried job goes on with the same run."""
    with transaction.atomic():
        TrainingRun.objects.filter(pk=run.pk, started_at=None).update(started_at=timezone.now())
        TrainingRun.objects.filter(pk=run.pk).exclude(state=RunState.SUCCEEDED).update(
            state=RunState.RUNNING, finished_at=None
        )
        touch_run(run)
    run.refresh_from_db(fields=["state", "started_at"])


def run_metrics_record(*, run: TrainingRun, history: Iterable[Mapping[str, float]]) -> None:
    """Write the curves' values of some epochs; an epoch that is written already stays as it is."""
    rows = [
        RunMetric(run=run, epoch=int(row["epoch"]), name=name, value=float(row[name]))
        for row in history
        for name in CURVES
        if name in row
    ]
    with transaction.atomic():
        RunMetric.objects.bulk_create(rows, ignore_conflicts=True)
        touch_run(run)


def run_training_record(*, run: TrainingRun, training_record: Mapping[str, Any]) -> None:
    """Keep what a finished training recorded: the curves as rows, the rest (calibration, parity, latency) as JSON."""
    run.validation = {key: value for key, value in training_record.items() if key != "history"}
    run.best_epoch = training_record["best_epoch"]
    with transaction.atomic():
        run.save(update_fields=["validation", "best_epoch"])
        run_metrics_record(run=run, history=training_record["history"])


def run_succeed(*, run: TrainingRun, version: ModelVersion) -> None:
    """Close a run that led to a version, or that reproduced one byte for byte; does nothing the second time."""
    with transaction.atomic():
        closed = (
            TrainingRun.objects.filter(pk=run.pk)
            .exclude(state=RunState.SUCCEEDED)
            .update(state=RunState.SUCCEEDED, finished_at=timezone.now(), reproduced=_reproduced(run, version))
        )
        if closed:
            record(
                action="training_run.succeed",
                actor=run.started_by,
                project=run.project,
                target=run,
                payload={"best_epoch": run.best_epoch, "version": version.version},
            )
            touch_run(run)
    run.refresh_from_db(fields=["state", "finished_at", "reproduced"])


def run_fail(*, run: TrainingRun) -> None:
    """Close a run whose job ends without hope of a retry; the reason is the job's."""
    _close(run, RunState.FAILED, "training_run.fail")


def run_mark_cancelled(*, run: TrainingRun) -> None:
    """Close a run that somebody cancelled."""
    _close(run, RunState.CANCELLED, "training_run.stop")


def _reproduced(run: TrainingRun, version: ModelVersion) -> ModelVersion | None:
    return None if version.run_id == run.pk else version


def _close(run: TrainingRun, state: RunState, action: str) -> None:
    with transaction.atomic():
        closed = TrainingRun.objects.filter(pk=run.pk, state__in=(RunState.QUEUED, RunState.RUNNING)).update(
            state=state, finished_at=timezone.now()
        )
        if closed:
            record(action=action, actor=run.started_by, project=run.project, target=run)
            touch_run(run)
