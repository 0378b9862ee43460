"""`manage.py import_labels FILE --project P --name N`: labels from elsewhere as suggestions."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.errors import AnnotationError
from annotation.exchange import FORMATS
from annotation.services import labels_import
from datasets_app.management.jobwait import project_named


class Command(BaseCommand):
    """Take in labels: exit code 0 when every conversation was taken, 1 when some were refused or none could be read."""

    help = (
        "Take in labels and predictions of another tool as suggestions for conversations that are here. "
        'Example: manage.py import_labels pilot.json --project demo --name "pilot in Label Studio" --json'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--project", required=True, help="the project's short name")
        parser.add_argument("--name", required=True, help="what the suggestions' source is called")
        parser.add_argument("--format", choices=list(FORMATS), help="default: told from the file")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, report, exit."""
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                made = labels_import(
                    project=project_named(options["project"]),
                    actor=None,
                    file=file,
                    file_name=path.name,
                    name=options["name"],
                    format=options["format"],
                )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        counts = {name: getattr(made, name) for name in ("read", "accepted", "duplicates", "refused", "suggestions")}
        if options["json"]:
            self.stdout.write(json.dumps({**counts, "reasons": made.reasons}, ensure_ascii=False))
        else:
            self.stdout.write(", ".join(f"{name} {count:,}" for name, count in counts.items()))
            for each in made.reasons:
                self.stderr.write(f"row {each['row'] or '-'}: {each['reason']}")
        if made.refused:
            sys.exit(1)
