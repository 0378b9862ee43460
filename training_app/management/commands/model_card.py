"""Write the model card of a version as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from training_app.cards import card_of
from training_app.management.commands._lookup import LATEST, find_project, find_version
from training_app.selectors import evaluation_of


class Command(BaseCommand):
    help = "Print the model card of a version (Hugging Face format), or write it to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="slug of the project")
        parser.add_argument("--model", default=LATEST, help='version number or "latest" (the default)')
        parser.add_argument("--out", type=Path, help="file to write; standard output without it")

    def handle(self, **options: Any) -> None:
        version = find_version(find_project(options["project"]), options["model"])
        card = card_of(version, evaluation_of(version))
        if options["out"]:
            options["out"].write_text(card, encoding="utf-8")
            self.stdout.write(f"wrote the card of version {version.version}")
        else:
            self.stdout.write(card, ending="")
