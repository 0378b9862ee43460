"""The job that searches configurations: trials as rows while they run, the best one at the end."""

from __future__ import annotations

import json
from time import monotonic
from typing import Any, Final

import msgspec
from django.conf import settings

from pixelhub.jobs.base import JobCancelled, JobContext, JobError, JobHandler, register
from pixelhub.jobs.models import Job
from training_app import services
from training_app.jobs.process import EventReader, disk_full_explained, run_learn
from training_app.jobs.release import config_for_machine, materialise
from training_app.learn.config import config_from, config_write
from training_app.learn.trials import TRIALS_DIR, Journal, TrialRecord
from training_app.models import Study, Trial, TrialState
from training_app.services.studies import STUDY_JOB_KIND

CURVES_SECONDS: Final = 1.0


@register
class StudyJob(JobHandler):
    """Tries the configurations of one Study on train and validation; the test split stays shut."""

    kind = STUDY_JOB_KIND
    label = "Tune a model"
    queue = "gpu"
    heavy = True
    keeps_work = True

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Search; a retry goes on with the trials that are left."""
        study = Study.objects.select_related("project", "release", "started_by").get(pk=ctx.params["study"])
        try:
            with disk_full_explained():
                reader = _search(ctx, study)
        except JobCancelled:
            if Job.objects.filter(pk=ctx.job.pk, cancel_requested=True).exists():
                services.study_mark_cancelled(study=study)
            raise
        except Exception as problem:
            if isinstance(problem, JobError) or ctx.job.attempts >= ctx.job.max_attempts:
                services.study_fail(study=study)
            raise
        return {"study": study.pk, **reader.result}


def _search(ctx: JobContext, study: Study) -> StudyEvents:
    with ctx.step(note="Preparing"):
        services.study_begin(study=study)
    release_dir = materialise(ctx, study.release)
    out_dir = ctx.workdir / "out"
    _restore_trials(Journal(out_dir / TRIALS_DIR), study)
    config_path, space_path = ctx.workdir / "config.json", ctx.workdir / "space.json"
    config_write(config_for_machine(config_from(study.base_config), release_dir, out_dir), config_path)
    space_path.write_text(json.dumps(study.space))
    arguments = {
        "--config": str(config_path),
        "--space": str(space_path),
        "--out": str(out_dir),
        "--method": study.method,
        "--trials": str(study.max_trials),
        "--workers": str(settings.PIXELHUB_TUNE_WORKERS),
    }
    reader = StudyEvents(ctx, study)
    run_learn(ctx, ["tune", *(text for pair in arguments.items() for text in pair)], reader, on_tick=reader.on_tick)
    with ctx.step(done=study.max_trials, note="Done"):
        services.study_succeed(study=study)
    return reader


def _restore_trials(journal: Journal, study: Study) -> None:
    """Give the study's process what the rows know and this machine's folder does not: another worker had it before."""
    known = {record.number for record in journal.read()}
    for trial in study.trials.exclude(state=TrialState.RUNNING).exclude(number__in=known):
        journal.write(_record(trial))


def _record(trial: Trial) -> TrialRecord:
    names = [field.name for field in msgspec.structs.fields(TrialRecord)]
    return msgspec.convert({name: getattr(trial, name) for name in names}, TrialRecord)


class StudyEvents(EventReader):
    """What the study's process says, turned into rows, progress and log lines; curves at most once a second."""

    def __init__(self, ctx: JobContext, study: Study) -> None:
        super().__init__(ctx)
        self.result: dict[str, Any] = {}
        self._study = study
        self._curves: dict[int, list[dict[str, float]]] = {}
        self._changed: set[int] = set()
        self._written_at = float("-inf")
        self._ended = set(study.trials.exclude(state=TrialState.RUNNING).values_list("number", flat=True))

    def on_tick(self, pid: int) -> None:
        """Write the curves that have grown. May raise JobCancelled or JobLost."""
        if not self._changed or monotonic() - self._written_at < CURVES_SECONDS:
            return
        curves = {number: self._curves[number] for number in self._changed}
        self._changed, self._written_at = set(), monotonic()
        with self.ctx.step():
            services.trial_curves_record(study=self._study, curves=curves)

    def _on_study(self, event: dict[str, Any]) -> None:
        workers = event["workers"]
        self.ctx.log(f"{event['trials']} trials at most, {workers} at once.")

    def _on_encoded(self, event: dict[str, Any]) -> None:
        self.ctx.progress(event["done"], event["total"], unit="conversations", note="Reading the conversations")

    def _on_trial_started(self, event: dict[str, Any]) -> None:
        if event["number"] in self._ended:
            return
        self._curves[event["number"]] = []
        with self.ctx.step(**self._progress(), note=f"Trial {event['number']}"):
            services.trial_begin(
                study=self._study,
                number=event["number"],
                params=event["params"],
                config_sha256=event["config_sha256"],
            )

    def _on_trial_epoch(self, event: dict[str, Any]) -> None:
        row = {name: value for name, value in event.items() if name not in ("event", "number")}
        self._curves[event["number"]].append(row)
        self._changed.add(event["number"])

    def _on_trial_ended(self, event: dict[str, Any]) -> None:
        number = event["number"]
        if number in self._ended:
            return
        self._ended.add(number)
        self._changed.discard(number)
        with self.ctx.step(**self._progress()):
            services.trial_end(study=self._study, trial=event)
        value = "" if event["value"] is None else f", best macro F1 {event['value']:.4f}"
        reason = f": {event['reason']}" if event["reason"] else ""
        self.ctx.log(f"Trial {number} {event['state']}{value}{reason}")

    def _on_studied(self, event: dict[str, Any]) -> None:
        self.result = {name: event[name] for name in ("best", "value", "importance", "complete", "pruned", "failed")}
        self.ctx.log(f"Best is trial {event['best']} with macro F1 {event['value']:.4f} on validation.")

    def _progress(self) -> dict[str, Any]:
        return {"done": len(self._ended), "total": self._study.max_trials, "unit": "trials"}
