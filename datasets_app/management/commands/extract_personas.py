"""`manage.py extract_personas`: voice and persona sets, or the CPTSD set, of transcripts."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from datasets_app.corpus.cli import personas


class Command(BaseCommand):
    """Exit code 0 also when rows were broken (the report says so), 1 when it failed, 2 for wrong use."""

    help = "Make voice and persona sets, or the CPTSD set, of transcripts: persona id, measured voice signature."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = f"example:\n  manage.py extract_personas {personas.EXAMPLE}"
        personas.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Extract and print the report."""
        options["routing"] = options["routing"] or str(settings.ROUTING_FILE or "")
        code = personas.run(Namespace(**options))
        if code:
            sys.exit(code)
