"""`manage.py import_suggestions FILE.jsonl --project P --source "model 3"`: what a model suggests for records."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from annotation.errors import AnnotationError
from annotation.models import Suggestion
from annotation.services.suggestions import SuggestionInput, suggestions_put
from pixelhub.accounts.models import Project


class Row(msgspec.Struct):
    """A line: the record by `id` (its external id), `content_hash` or `record` (its number), and the suggestion."""

    crisis_type: str
    id: str | None = None
    content_hash: str | None = None
    record: int | None = None
    severity: int | None = None
    confidence: float | None = None
    probabilities: dict[str, float] = {}


class Command(BaseCommand):
    """Store the suggestions of a file, all or none; exit code 1 with the first unusable line."""

    help = (
        "Import what a model suggests: JSON lines with id, content_hash or record, crisis_type, and where there are "
        "some severity, confidence, probabilities. Shown to annotators only after their own label, and only in rounds "
        "that name the source."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("path", type=Path, help="a .jsonl file")
        parser.add_argument("--project", required=True, help="the project's slug")
        parser.add_argument("--source", required=True, help="whose suggestions, for example crisis-small@3")
        parser.add_argument("--origin", default=Suggestion.Origin.MODEL, choices=Suggestion.Origin.values)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, check, store."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        try:
            stored = suggestions_put(
                project=project,
                source=options["source"],
                origin=options["origin"],
                rows=_rows(options["path"]),
                actor=None,
            )
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{stored:,} suggestions of {options['source']} stored.")


def _rows(path: Path) -> Iterator[SuggestionInput]:
    decoder = msgspec.json.Decoder(Row)
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    row = decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    raise CommandError(f"Line {number} can't be read: {error}") from error
                name = next((name for name in (row.record, row.content_hash, row.id) if name is not None), None)
                if name is None:
                    raise CommandError(f"Line {number} names no record: id, content_hash or record.")
                yield SuggestionInput(name, row.crisis_type, row.severity, row.confidence, row.probabilities)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from error
