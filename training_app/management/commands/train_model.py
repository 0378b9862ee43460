"""Start a training from the command line, with the same configuration file that the hub writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets_app.models import Release
from pixelhub.jobs.models import Job, JobState
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from training_app.learn.config import OutputConfig, TrainingConfig, config_read, config_write
from training_app.learn.errors import ConfigInvalid
from training_app.management.commands._lookup import find_actor, find_project, find_release
from training_app.management.commands._waiting import job_wait
from training_app.models import TrainingRun
from training_app.services import RunRefused, run_start
from training_app.services.runs import refuse_unfit


class Command(BaseCommand):
    help = "Train a model on a published release. Exit code 0 when it is queued (or done), 1 when refused or failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="slug of the project")
        parser.add_argument("--release", required=True, help="version of a published release")
        parser.add_argument("--config", type=Path, help="configuration as JSON; the defaults without it")
        parser.add_argument("--name", default="", help="name of the run")
        parser.add_argument("--user", help="username of who trains; needed when several people may")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--wait", action="store_true", help="wait until a worker has finished the run")
        how.add_argument("--inline", action="store_true", help="run here and now, without a worker")
        how.add_argument(
            "--dry-run",
            action="store_true",
            help="queue nothing: estimate, and try two steps here; exit 1 if too large",
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        project = find_project(options["project"])
        actor = find_actor(project, options["user"])
        release = find_release(project, options["release"])
        try:
            config = config_read(options["config"]) if options["config"] else TrainingConfig()
            if options["dry_run"]:
                refuse_unfit(project=project, release=release, config=config)
                self._dry_run(release, config, as_json=options["json"])
                return
            run = run_start(
                project=project,
                release=release,
                config=config,
                actor=actor,
                name=options["name"],
            )
        except (ConfigInvalid, RunRefused) as refusal:
            raise CommandError(str(refusal)) from refusal
        job = run.job
        assert job is not None
        if options["inline"]:
            run_inline(job)
        elif options["wait"]:
            job_wait(job, self.stderr.write)
        run.refresh_from_db()
        self._report(run, job, as_json=options["json"])
        if job.is_final and job.state != JobState.SUCCEEDED:
            raise CommandError(f"run {run.pk} {job.state}: {job.error or 'it was cancelled'}")

    def _dry_run(self, release: Release, config: TrainingConfig, *, as_json: bool) -> None:
        with TemporaryDirectory(prefix="pixelhub-dry-run-") as folder:
            release_dir, path = Path(folder) / "release", Path(folder) / "config.json"
            release_dir.mkdir()
            get_store().download_tree(release.object_prefix, release_dir)
            config_write(msgspec.structs.replace(config, output=OutputConfig(release_dir=str(release_dir))), path)
            # A process of its own, like every training: the hub's processes do not load torch.
            command = [sys.executable, "-m", "training_app.learn", "dry-run", "--config", str(path)]
            child = subprocess.run([*command, *(["--json"] if as_json else [])], capture_output=True, text=True)
        if child.returncode > 1 or not child.stdout:
            raise CommandError((child.stderr.strip().splitlines() or ["the dry run ended without a word"])[-1])
        self.stdout.write(child.stdout.rstrip())
        if child.returncode:
            raise CommandError("the configuration does not fit this machine")

    def _report(self, run: TrainingRun, job: Job, *, as_json: bool) -> None:
        result = {"run": run.pk, "job": job.pk, "state": run.shown_state, "result": job.result, "error": job.error}
        if as_json:
            self.stdout.write(json.dumps(result))
        elif job.result:
            self.stdout.write(f"run {run.pk} {run.shown_state}: version {job.result['version']}")
        else:
            self.stdout.write(f"run {run.pk} {run.shown_state}")
