"""`manage.py generate_edge_cases --categories all --count 10000 --scenarios-per-category 50`: made-up edge cases."""

from __future__ import annotations

import argparse
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datasets_app.corpus.cli import synthetic


class Command(BaseCommand):
    """Make up conversations that are hard to read on purpose."""

    help = (
        "Make up edge cases by category, each scenario told many times in other words. Example: "
        "manage.py generate_edge_cases --categories all --count 10000 --scenarios-per-category 50 --output edge.jsonl"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        synthetic.add_arguments(parser, count=10_000)
        synthetic.add_edge_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them; its exit code is the command's."""
        code = synthetic.run_edge_cases(argparse.Namespace(**options))
        if code:
            sys.exit(code)
