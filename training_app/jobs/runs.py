"""The job that trains: release in, model version out, each effect once, whatever dies on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pixelhub.jobs.base import JobCancelled, JobContext, JobError, JobHandler, register
from pixelhub.jobs.models import Job
from training_app import services
from training_app.jobs.events import RunEvents
from training_app.jobs.monitor import RunMonitor
from training_app.jobs.process import disk_full_explained, run_learn
from training_app.jobs.release import config_for_machine, materialise, materialise_bundle
from training_app.learn.config import config_from, config_write
from training_app.models import Evaluation, ModelVersion, RunKind, TrainingRun
from training_app.services.runs import JOB_KIND


@register
class TrainingRunJob(JobHandler):
    """Trains, evaluates on the test split once, and registers the version of one TrainingRun."""

    kind = JOB_KIND
    label = "Train a model"
    queue = "gpu"
    heavy = True
    keeps_work = True

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Go through the stages; a stage that is done already is passed over, so a retry goes on where it broke."""
        run = TrainingRun.objects.select_related("project", "release", "started_by", "source_version").get(
            pk=ctx.params["run"]
        )
        try:
            with disk_full_explained():
                version = _through(ctx, run)
        except JobCancelled:
            # Also raised when the worker is stopping: then the run goes on elsewhere and stays running.
            if Job.objects.filter(pk=ctx.job.pk, cancel_requested=True).exists():
                services.run_mark_cancelled(run=run)
            raise
        except Exception as problem:
            if isinstance(problem, JobError) or ctx.job.attempts >= ctx.job.max_attempts:
                services.run_fail(run=run)
            raise
        return {"run": run.pk, "version": version.version, "bundle_sha256": version.bundle_sha256}


def _through(ctx: JobContext, run: TrainingRun) -> ModelVersion:
    with ctx.step(note="Preparing"):
        services.run_begin(run=run)
    release_dir = materialise(ctx, run.release)
    out_dir = ctx.workdir / "out"
    _train(ctx, run, release_dir, out_dir)
    version = _register(ctx, run, out_dir / "bundle")
    if version.run_id == run.pk:
        _evaluate(ctx, version, out_dir / "bundle", release_dir)
    with ctx.step(note="Done"):
        services.run_succeed(run=run, version=version)
    return version


def _train(ctx: JobContext, run: TrainingRun, release_dir: Path, out_dir: Path) -> None:
    config_path = ctx.workdir / "config.json"
    source = materialise_bundle(ctx, run.source_version) if run.source_version else None
    config = config_for_machine(config_from(run.config), release_dir, out_dir, source)
    config_write(config, config_path)
    command = "train" if config.compute.distributed == "none" else "launch"
    arguments = [command, "--config", str(config_path)]
    if run.kind == RunKind.EXPORT:
        places = {"--bundle": source, "--release": release_dir, "--out": out_dir}
        arguments[0] = "quantise"
        arguments += [text for name, path in places.items() for text in (name, str(path))]
    monitor = RunMonitor(ctx, run)
    reader = RunEvents(ctx, run, on_point=monitor.point)
    run_learn(ctx, arguments, reader, on_tick=monitor.on_tick)
    training_record = json.loads((out_dir / "training-record.json").read_bytes())
    with ctx.step(done=run.config["optimisation"]["epochs"], note="Trained"):
        services.run_training_record(run=run, training_record=training_record)


def _register(ctx: JobContext, run: TrainingRun, bundle_dir: Path) -> ModelVersion:
    ctx.progress(run.config["optimisation"]["epochs"], note="Storing the model")
    try:
        with ctx.step(note="Registering the version"):
            version = services.model_version_register(run=run, bundle_dir=bundle_dir, actor=run.started_by)
    except services.BundleRegistered as same:
        ctx.log(f"This training reproduced version {same.version.version} byte for byte; no new version is made.")
        return same.version
    ctx.log(f"Registered version {version.version}.")
    return version


def _evaluate(ctx: JobContext, version: ModelVersion, bundle_dir: Path, release_dir: Path) -> None:
    if Evaluation.objects.filter(model_version=version).exists():
        return
    with ctx.step(note="Evaluating on the test split"):
        use_number = services.evaluation_begin(version=version, actor=version.trainer)
    out, predictions = ctx.workdir / "evaluation.json", ctx.workdir / "predictions.jsonl"
    arguments = {"--bundle": bundle_dir, "--release": release_dir, "--out": out, "--predictions": predictions}
    flat = [text for name, path in arguments.items() for text in (name, str(path))]
    run_learn(ctx, ["evaluate", *flat], RunEvents(ctx, version.run))
    metrics = json.loads(out.read_bytes())
    with ctx.step(note="Recording the evaluation"):
        services.evaluation_record(
            version=version, metrics=metrics, predictions=predictions, use_number=use_number, actor=version.trainer
        )
    ctx.log(f"Evaluated on {metrics['n']} test conversations; {len(metrics['missed'])} crises missed.")
