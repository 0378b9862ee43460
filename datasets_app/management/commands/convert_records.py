"""`manage.py convert_records IN... --output OUT.jsonl`: convert conversation files; nothing enters the hub."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand

from datasets_app.corpus.cli import convert


class Command(BaseCommand):
    """Exit code 0 also when rows were refused (the report says so), 1 when a file is unreadable, 2 for wrong use."""

    help = "Convert conversation files of any kind into one JSONL file of records, refused rows beside it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = f"example:\n  manage.py convert_records {convert.EXAMPLE}"
        convert.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Convert and print the report."""
        code = convert.run(Namespace(**options))
        if code:
            sys.exit(code)
