"""`manage.py build_stages IN... --output FOLDER`: the stage ladder of files or of a prefix of the store."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from datasets_app.corpus.cli import stages


class Command(BaseCommand):
    """Exit code 0 when the ladder stands and its shares hold, 1 when they do not or it failed, 2 for wrong use."""

    help = "Build the stage ladder: validated records of every stage in fixed shares, the rest in quarantine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = f"example:\n  manage.py build_stages {stages.EXAMPLE}"
        stages.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Build and print the report."""
        options["routing"] = options["routing"] or str(settings.ROUTING_FILE or "")
        code = stages.run(Namespace(**options))
        if code:
            sys.exit(code)
