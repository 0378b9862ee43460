"""The job that trains: release in, model version out, each effect once, whatever dies on the way."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
from django.conf import settings

from pixelhub.canonical import sha256_file
from pixelhub.jobs.base import JobCancelled, JobContext, JobError, JobHandler, register
from pixelhub.jobs.models import Job
from pixelhub.objects import get_store
from training_app import services
from training_app.learn.config import OutputConfig, TrainingConfig, config_from, config_write
from training_app.learn.events import parse_event
from training_app.models import Evaluation, ModelVersion, TrainingRun
from training_app.services.runs import JOB_KIND

REFUSED_CODES: Final = frozenset({2, 3})
MANIFEST: Final = "manifest.json"


@register
class TrainingRunJob(JobHandler):
    """Trains, evaluates on the test split once, and registers the version of one TrainingRun."""

    kind = JOB_KIND
    label = "Train a model"
    queue = "gpu"
    heavy = True

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Go through the stages; a stage that is done already is passed over, so a retry goes on where it broke."""
        run = TrainingRun.objects.select_related("project", "release", "started_by").get(pk=ctx.params["run"])
        try:
            with ctx.step(note="Preparing"):
                services.run_begin(run=run)
            release_dir = _materialise(ctx, run)
            out_dir = ctx.workdir / "out"
            _train(ctx, run, release_dir, out_dir)
            version = _register(ctx, run, out_dir / "bundle")
            if version.run_id == run.pk:
                _evaluate(ctx, version, out_dir / "bundle", release_dir)
            with ctx.step(note="Done"):
                services.run_succeed(run=run, version=version)
        except JobCancelled:
            # Also raised when the worker is stopping: then the run goes on elsewhere and stays running.
            if Job.objects.filter(pk=ctx.job.pk, cancel_requested=True).exists():
                services.run_mark_cancelled(run=run)
            raise
        except JobError:
            services.run_fail(run=run)
            raise
        return {"run": run.pk, "version": version.version, "bundle_sha256": version.bundle_sha256}


def _materialise(ctx: JobContext, run: TrainingRun) -> Path:
    folder, partial = ctx.workdir / "release", ctx.workdir / "release.partial"
    if not folder.is_dir():
        ctx.progress(0, note="Fetching the release")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        get_store().download_tree(run.release.object_prefix, partial)
        partial.rename(folder)
        ctx.log(f"Fetched release {run.release.version}.")
    manifest = folder / MANIFEST
    if not manifest.is_file() or sha256_file(manifest) != run.release.manifest_sha256:
        shutil.rmtree(folder)
        raise JobError("The stored release is not the one that was published: its manifest's SHA-256 differs.")
    return folder


def _train(ctx: JobContext, run: TrainingRun, release_dir: Path, out_dir: Path) -> None:
    config_path = ctx.workdir / "config.json"
    config_write(_config_for_machine(run, release_dir, out_dir), config_path)
    reader = _EventReader(ctx, run)
    _run_learn(ctx, ["train", "--config", str(config_path)], reader)
    training_record = json.loads((out_dir / "training-record.json").read_bytes())
    with ctx.step(done=run.config["optimisation"]["epochs"], note="Trained"):
        services.run_training_record(run=run, training_record=training_record)


def _config_for_machine(run: TrainingRun, release_dir: Path, out_dir: Path) -> TrainingConfig:
    config = config_from(run.config)
    return msgspec.structs.replace(
        config,
        # Shared by all runs: another configuration on the same release does not read the conversations again.
        compute=msgspec.structs.replace(config.compute, cache_dir=str(Path(settings.VAR_DIR) / "embeddings")),
        output=OutputConfig(release_dir=str(release_dir), out_dir=str(out_dir)),
    )


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
    _run_learn(ctx, ["evaluate", *flat], _EventReader(ctx, version.run))
    metrics = json.loads(out.read_bytes())
    with ctx.step(note="Recording the evaluation"):
        services.evaluation_record(
            version=version, metrics=metrics, predictions=predictions, use_number=use_number, actor=version.trainer
        )
    ctx.log(f"Evaluated on {metrics['n']} test conversations; {len(metrics['missed'])} crises missed.")


class _EventReader:
    """Turns the JSON lines of the training process into rows, progress and log lines."""

    def __init__(self, ctx: JobContext, run: TrainingRun) -> None:
        self._ctx = ctx
        self._run = run
        self.refusal = ""

    def __call__(self, line: str) -> None:
        event = parse_event(line)
        if event is None:
            return
        handle = getattr(self, f"_on_{event['event']}", None)
        if handle is not None:
            handle(event)

    def _on_started(self, event: dict[str, Any]) -> None:
        self._ctx.log(f"Training on {event['train']} conversations, choosing on {event['val']}.")

    def _on_encoded(self, event: dict[str, Any]) -> None:
        self._ctx.progress(event["done"], event["total"], unit="conversations", note="Reading the conversations")

    def _on_resumed(self, event: dict[str, Any]) -> None:
        self._ctx.log(f"Resumed after epoch {event['epoch']}.")

    def _on_epoch(self, event: dict[str, Any]) -> None:
        epoch, epochs = event["epoch"], event["epochs"]
        note = f"Epoch {epoch} of {epochs}, {event['eta_seconds']:.0f} s left at most"
        with self._ctx.step(done=epoch, total=epochs, unit="epochs", note=note):
            services.run_metrics_record(run=self._run, history=[event])
        self._ctx.log(
            f"Epoch {epoch}: train loss {event['train_loss']:.4f}, validation loss {event['val_loss']:.4f}, "
            f"macro F1 {event['val_macro_f1']:.4f}, rate {event['learning_rate']:.2e}."
        )

    def _on_calibrated(self, event: dict[str, Any]) -> None:
        self._ctx.log(
            f"Temperature {event['temperature']}, threshold {event['threshold']}: validation sensitivity "
            f"{event['val_sensitivity']:.3f}, specificity {event['val_specificity']:.3f}."
        )

    def _on_exported(self, event: dict[str, Any]) -> None:
        difference = event["parity"]["max_probability_difference"]
        self._ctx.log(
            f"Exported; probabilities differ from torch by {difference:.1e} at most, "
            f"p50 {event['latency']['p50_ms']} ms on one thread."
        )

    def _on_refused(self, event: dict[str, Any]) -> None:
        self.refusal = str(event["reason"])


def _run_learn(ctx: JobContext, arguments: list[str], reader: _EventReader) -> None:
    code = ctx.run_child([sys.executable, "-m", "training_app.learn", *arguments], on_line=reader)
    if code in REFUSED_CODES:
        raise JobError(f"Refused: {reader.refusal or 'no reason was given'}.")
    if code:
        raise RuntimeError(f"the training process ended with code {code}")
