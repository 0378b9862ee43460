"""`manage.py measure_synthetic FILE --beside REAL...`: made-up conversations beside real ones."""

from __future__ import annotations

import argparse
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datasets_app.corpus.cli import realism


class Command(BaseCommand):
    """Measure a file beside real ones; nothing is stored and no words are printed."""

    help = (
        "Measure the diversity of made-up conversations and how easily they are told from real ones. "
        f"Example: manage.py measure_synthetic {realism.EXAMPLE}"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        realism.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and exit with the command's code."""
        code = realism.run(argparse.Namespace(**options))
        if code:
            sys.exit(code)
