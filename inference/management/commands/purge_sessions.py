"""End sessions that fell silent and delete the words whose time has come."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from inference.services import session_text_purge


class Command(BaseCommand):
    """`manage.py purge_sessions`."""

    help = "End silent sessions and delete the words whose time has come. Example: manage.py purge_sessions --json"

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Purge what is due."""
        done = session_text_purge()
        sentence = f"{done.ended} sessions ended, {done.transcripts} transcripts forgotten, {done.texts} texts deleted."
        self.stdout.write(json.dumps(asdict(done)) if options["json"] else sentence)
