"""Score a file of conversations with a registered model version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from training_app.learn.encoder import use_threads
from training_app.learn.errors import BundleRefused, FileRefused
from training_app.learn.scoring import score_file
from training_app.management.commands._lookup import LATEST, find_version, project_with_models
from training_app.stored import opened_bundle


class Command(BaseCommand):
    help = (
        "Score conversations (rows with messages, conversation or text) and write one line of id, score, crisis, "
        "crisis_type and severity for each, in order, in constant memory. The line of a row that cannot be read holds "
        "id, line and error instead, and the exit code is then 1; the others are written all the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="JSON lines, JSON, CSV or text, packed or not")
        parser.add_argument("--project", help="slug of the project; not needed when only one has models, demos aside")
        parser.add_argument("--model", default=LATEST, help='version number or "latest" (the default)')
        parser.add_argument("--out", type=Path, required=True, help="JSON lines to write")
        parser.add_argument("--threads", type=int, default=1, help="default: 1")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, **options: Any) -> None:
        version = find_version(project_with_models(options["project"]), options["model"])
        use_threads(options["threads"])
        try:
            with opened_bundle(version) as bundle:
                done = score_file(bundle, options["file"], options["out"], threads=options["threads"])
        except BundleRefused as problem:
            raise CommandError(f"the stored model does not check out: {problem}") from problem
        except FileRefused as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"the output cannot be written: {problem.strerror}") from problem
        if options["json"]:
            counts = {"version": version.version, "scored": done.scored, "flagged": done.flagged}
            self.stdout.write(json.dumps(counts | {"unreadable": done.refused}))
        else:
            self.stdout.write(
                f"version {version.version}: {done.scored} conversations scored, {done.flagged} flagged as a crisis"
            )
        if done.refused:
            raise CommandError(f"{done.refused} rows could not be read; their lines in the output say why")
