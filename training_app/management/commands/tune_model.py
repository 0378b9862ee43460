"""Search configurations from the command line, with the same files that the hub takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pixelhub.jobs.models import Job, JobState
from pixelhub.jobs.runner import run_inline
from training_app.learn.config import TrainingConfig, config_read
from training_app.learn.errors import ConfigInvalid
from training_app.learn.space import Method, default_space
from training_app.management.commands._lookup import find_actor, find_project, find_release
from training_app.management.commands._waiting import job_wait
from training_app.models import Study
from training_app.services import RunRefused, best_trial, study_start

DEFAULT_GRID: Final = "default"


class Command(BaseCommand):
    help = "Tune on a published release, on validation only. Exit code 0 when queued (or done), 1 refused or failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="slug of the project")
        parser.add_argument("--release", required=True, help="version of a published release")
        parser.add_argument("--config", type=Path, help="configuration to search around, as JSON; the defaults without")
        space = parser.add_mutually_exclusive_group()
        space.add_argument("--space", type=Path, help="search space as JSON")
        space.add_argument("--grid", choices=[DEFAULT_GRID], help="the plan's grid of 18 points for the method")
        parser.add_argument("--method", choices=Study.Method.values, default=Study.Method.GRID, help="default: grid")
        parser.add_argument("--trials", type=int, default=30, help="how many TPE tries; a grid tries all. Default: 30")
        parser.add_argument("--name", default="", help="name of the study")
        parser.add_argument("--user", help="username of who tunes; needed when several people may")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--wait", action="store_true", help="wait until a worker has finished the study")
        how.add_argument("--inline", action="store_true", help="run here and now, without a worker")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        project = find_project(options["project"])
        actor = find_actor(project, options["user"])
        method: Method = "grid" if options["grid"] else options["method"]
        try:
            config = config_read(options["config"]) if options["config"] else TrainingConfig()
            study = study_start(
                project=project,
                release=find_release(project, options["release"]),
                config=config,
                method=method,
                space=_space(options["space"], config, method),
                max_trials=options["trials"],
                actor=actor,
                name=options["name"],
            )
        except (ConfigInvalid, RunRefused) as refusal:
            raise CommandError(str(refusal)) from refusal
        job = study.job
        assert job is not None
        if options["inline"]:
            run_inline(job)
        elif options["wait"]:
            job_wait(job, self.stderr.write)
        study.refresh_from_db()
        self._report(study, job, as_json=options["json"])
        if job.is_final and job.state != JobState.SUCCEEDED:
            raise CommandError(f"study {study.pk} {job.state}: {job.error or 'it was cancelled'}")

    def _report(self, study: Study, job: Job, *, as_json: bool) -> None:
        best = best_trial(study)
        found = {"number": best.number, "value": best.value, "params": best.params} if best else None
        if as_json:
            told = {"study": study.pk, "job": job.pk, "state": study.shown_state, "best": found, "error": job.error}
            self.stdout.write(json.dumps(told))
        else:
            said = f": best is trial {best.number}, macro F1 {best.value:.4f}, {best.params}" if best else ""
            self.stdout.write(f"study {study.pk} {study.shown_state}{said}")


def _space(path: Path | None, config: TrainingConfig, method: Method) -> dict[str, Any] | str:
    if path is None:
        return default_space(config.model.method, method)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise CommandError(f"the search space cannot be read: {path.name}") from problem
