"""`manage.py audit_export`: the audit chain as JSON lines, checkable anywhere."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from pixelhub.audit.selectors import iterate_events
from pixelhub.canonical import canonical_json


class Command(BaseCommand):
    help = "Write every audit event as one line of canonical JSON, in order, hashes included."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", default="-", help="file to write, - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["output"] == "-":
            for event in iterate_events():
                sys.stdout.buffer.write(canonical_json(event) + b"\n")
            return
        count = 0
        with Path(options["output"]).open("wb") as stream:
            for event in iterate_events():
                stream.write(canonical_json(event) + b"\n")
                count += 1
        self.stdout.write(f"{count} events written to {options['output']}")
