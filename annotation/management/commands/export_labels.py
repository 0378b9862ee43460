"""`manage.py export_labels ROUND --project P --output FILE`: a round's labels in one of four formats."""

from __future__ import annotations

import json
import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.errors import AnnotationError
from annotation.exchange import FORMATS
from annotation.models import Round
from annotation.selectors_exchange import VIEWS
from annotation.services import labels_export
from datasets_app.management.jobwait import project_named


class Command(BaseCommand):
    """Write a round's labels to a file. Exit code 1 when that is refused."""

    help = (
        "Export a round's labels, pseudonymous, raw or adjudicated. "
        "Example: manage.py export_labels 2 --project demo --format label-studio --with-text --output round-2.json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("round", type=int, help="the round's number in its project")
        parser.add_argument("--project", required=True, help="the project's short name")
        parser.add_argument("--format", choices=list(FORMATS), default="jsonl")
        parser.add_argument("--view", choices=VIEWS, default="adjudicated")
        parser.add_argument(
            "--with-text", action="store_true", help="the conversations' words and annotators' notes too"
        )
        parser.add_argument("--output", type=Path, required=True, help="the file to write")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export, write, say how many."""
        project = project_named(options["project"])
        round = Round.objects.filter(project=project, number=options["round"]).first()
        if round is None:
            raise CommandError(f"There is no round {options['round']} in {project.slug}.")
        try:
            file, count = labels_export(
                round=round,
                actor=None,
                format=options["format"],
                view=options["view"],
                with_text=options["with_text"],
            )
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        with file, options["output"].open("wb") as target:
            shutil.copyfileobj(file, target)
        report = {"conversations": count, "format": options["format"], "view": options["view"]}
        text = json.dumps(report) if options["json"] else f"{count:,} conversations written to {options['output']}."
        self.stdout.write(text)
