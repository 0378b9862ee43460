"""From a fresh hub to the default model, in one command."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from training_app.default_model import steps
from training_app.learn.config import config_read
from training_app.learn.errors import ConfigInvalid


class Command(BaseCommand):
    help = (
        "Make the default model: generated conversations, real posts with weak labels, a release, a run with the "
        "default configuration, its evaluation. Repeatable: what is there already is passed over. "
        "Example: manage.py default_model --real ../shared/data/real"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--real", type=Path, help="folder with the real files; without it, generated data alone")
        parser.add_argument("--project", default="default-model", help="slug; made where it is missing")
        parser.add_argument("--user", default="model-builder", help="who acts, in the audit; made where missing")
        parser.add_argument("--release", default="1.0.0", help="version of the release that is compiled")
        parser.add_argument("--generated", type=int, default=steps.GENERATED, help="how many conversations to generate")
        parser.add_argument("--student", action="store_true", help="distil a student of the version, too")
        parser.add_argument("--data-only", action="store_true", help="stop after the release")
        parser.add_argument("--config", type=Path, help="configuration as JSON; the recipe without it")

    def handle(self, **options: Any) -> None:
        real: Path | None = options["real"]
        if real is not None and not real.is_dir():
            raise CommandError(f"{real} is no folder")
        config = steps.RECIPE
        if options["config"]:
            try:
                config = config_read(options["config"])
            except ConfigInvalid as problem:
                raise CommandError(str(problem)) from problem
        started = time.monotonic()

        def tell(text: str) -> None:
            self.stdout.write(f"[{time.monotonic() - started:6.1f} s] {text}")

        project, actor = steps.project_ensure(options["project"], options["user"])
        with tempfile.TemporaryDirectory(prefix="default-model-") as folder:
            making = steps.Making(project, actor, Path(folder), tell)
            generated = steps.generated_import(making, count=options["generated"])
            posts = steps.real_import(making, real) if real else []
            sentences = steps.excerpts_import(making, posts) if posts else []
            if not posts:
                tell(
                    "No real posts: the model learns from generated text alone, and its figures say nothing of people."
                )
            steps.labels_publish(making, generated, posts, sentences)
            release = steps.release_make(making, options["release"])
            if options["data_only"]:
                return
            version = steps.run_make(making, release, config)
            tell(f"Version {version.version} is registered: {version.state}, threshold {version.threshold}.")
            versions = [version]
            if options["student"]:
                student = steps.student_make(making, version)
                versions += [student] if student else []
            if real is None:
                return
            for made in versions:
                tell(f"Version {made.version} ({made.get_kind_display().lower()}) on files that it never saw:")
                steps.held_back_evaluate(making, made, real)
