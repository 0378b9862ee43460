"""`manage.py load_knowledge_base`: concepts of files to a checked, versioned knowledge base."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand

from datasets_app.corpus.cli import knowledge


class Command(BaseCommand):
    """Exit code 0 when every entry was taken (something was found), 1 when some were refused, 2 for wrong use."""

    help = "Load concepts with definitions and sources into a checked, versioned knowledge base, or look one up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = f"example:\n  manage.py load_knowledge_base {knowledge.EXAMPLE}"
        knowledge.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Load or look up and print."""
        code = knowledge.run(Namespace(**options))
        if code:
            sys.exit(code)
