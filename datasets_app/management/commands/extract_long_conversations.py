"""`manage.py extract_long_conversations`: long conversations out of files or a prefix of the store."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from datasets_app.corpus.cli import long_conversations


class Command(BaseCommand):
    """Exit code 0 also when rows were broken (the report says so), 1 when it failed, 2 for wrong use."""

    help = "Take conversations of 20 turns and more out of files or a prefix of an object store, streaming."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = f"example:\n  manage.py extract_long_conversations {long_conversations.EXAMPLE}"
        long_conversations.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Extract and print the report."""
        options["routing"] = options["routing"] or str(settings.ROUTING_FILE or "")
        code = long_conversations.run(Namespace(**options))
        if code:
            sys.exit(code)
