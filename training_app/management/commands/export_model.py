"""Make an INT8 version of a model version."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets_app.management.jobwait import finish
from training_app.management.commands._lookup import find_actor, find_project, find_version
from training_app.models import ModelVersion
from training_app.services import RunRefused, int8_start


class Command(BaseCommand):
    help = (
        "Export a version as dynamic INT8: a version of its own with its own threshold, parity report and latency. "
        "Exit code 1 when it is refused or differs too much. "
        "Example: manage.py export_model 1.0.0 --int8 --project demo"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", metavar="V", help="version number, or latest")
        parser.add_argument("--project", required=True, help="slug of the project")
        parser.add_argument("--int8", action="store_true", required=True, help="the precision; there is no other yet")
        parser.add_argument("--user", help="username of who exports; needed when several people may train")

    def handle(self, **options: Any) -> None:
        project = find_project(options["project"])
        version = find_version(project, options["model"])
        try:
            run = int8_start(version=version, actor=find_actor(project, options["user"]))
        except RunRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        assert run.job is not None
        finish(run.job)
        run.refresh_from_db()
        made = ModelVersion.objects.filter(run=run).first() or run.reproduced
        assert made is not None
        parity, latency = run.validation["parity"], run.validation["latency"]
        self.stdout.write(f"version {made.version} is INT8 of {version.version}: threshold {made.threshold}")
        self.stdout.write(
            f"  same type on {parity['same_types']:.1%}, same decision on {parity['same_decisions']:.1%}; "
            f"probabilities differ by {parity['mean_probability_difference']:.4f} on average"
        )
        before = run.validation["latency_of_source"]
        self.stdout.write(f"  p50 {latency['p50_ms']} ms on one thread, before {before['p50_ms']} ms")
