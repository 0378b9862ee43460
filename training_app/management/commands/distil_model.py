"""Distil a student of a model version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets_app.management.jobwait import finish
from training_app.learn.config import config_read
from training_app.learn.errors import ConfigInvalid
from training_app.management.commands._lookup import find_actor, find_project, find_version
from training_app.models import ModelVersion
from training_app.services import RunRefused, student_start


class Command(BaseCommand):
    help = (
        "Distil a student of a version: its lower layers, taught by its answers and states, kept only within "
        "stated margins. Exit code 1 when it is refused or stays behind. "
        "Example: manage.py distil_model 1.0.0 --project demo"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", metavar="V", help="version number, or latest")
        parser.add_argument("--project", required=True, help="slug of the project")
        parser.add_argument("--layers", type=int, default=3, help="of the student; default: 3")
        parser.add_argument("--config", type=Path, help="how it learns, as JSON; the defaults without it")
        parser.add_argument("--user", help="username of who trains; needed when several people may")

    def handle(self, **options: Any) -> None:
        project = find_project(options["project"])
        version = find_version(project, options["model"])
        try:
            run = student_start(
                version=version,
                actor=find_actor(project, options["user"]),
                layers=options["layers"],
                config=config_read(options["config"]) if options["config"] else None,
            )
        except (RunRefused, ConfigInvalid) as refusal:
            raise CommandError(str(refusal)) from refusal
        assert run.job is not None
        finish(run.job)
        run.refresh_from_db()
        made = ModelVersion.objects.filter(run=run).first() or run.reproduced
        assert made is not None
        student, teacher = run.validation["student"]["of_student"], run.validation["student"]["of_teacher"]
        self.stdout.write(f"version {made.version} is a student of {version.version}: threshold {made.threshold}")
        for name in ("val_auc", "val_sensitivity", "val_specificity"):
            self.stdout.write(f"  {name}: {student[name]:.4f}, teacher {teacher[name]:.4f}")
