"""Check a signed sign-off with the hub's own public key, by the very program that outsiders use."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from review.offline.verify_signoff import main


class Command(BaseCommand):
    help = "Check a downloaded sign-off: its signature, who signed, and what over (docs/signoff.md)."
    requires_system_checks: tuple[str, ...] = ()  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("signoff", help="the downloaded document with its signature")
        parser.add_argument("--public-key", default="", help="PEM file; the hub's own when left out")
        parser.add_argument("--bundle", default="", help="folder of the model's files to check as well")
        parser.add_argument("--second", default="", help="the second person's signed document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit with what the program says."""
        key = options["public_key"] or str(settings.SIGNING_PUBLIC_KEY_FILE)
        arguments = [options["signoff"], key]
        for name in ("bundle", "second"):
            arguments += [f"--{name}", options[name]] if options[name] else []
        status = main(arguments)
        if status == 2:
            raise CommandError("The files could not be read.")
        if status:
            sys.exit(status)
