"""`manage.py scan_pii IN --redact --output OUT.jsonl --json`: find or replace identifiers in files."""

from __future__ import annotations

import argparse
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datasets_app.corpus.cli import pii


class Command(BaseCommand):
    """Search files for personal identifiers, replace them, or print how well the search does."""

    help = (
        "Find or replace personal identifiers in conversation files. "
        "Example: manage.py scan_pii conversations.jsonl --redact --output clean.jsonl --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        pii.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the search; its exit code is the command's."""
        code = pii.run(argparse.Namespace(**options))
        if code:
            sys.exit(code)
