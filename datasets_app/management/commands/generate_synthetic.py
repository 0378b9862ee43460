"""`manage.py generate_synthetic --count 3000 --seed 42 --output synthetic.jsonl`: made-up conversations."""

from __future__ import annotations

import argparse
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datasets_app.corpus.cli import synthetic


class Command(BaseCommand):
    """Make up labelled conversations of all types, difficulties and families."""

    help = (
        "Make up labelled conversations, the same for a seed; they say that they are synthetic. "
        "Example: manage.py generate_synthetic --count 3000 --seed 42 --output synthetic.jsonl --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        synthetic.add_arguments(parser, count=3000)
        synthetic.add_scenario_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them; its exit code is the command's."""
        code = synthetic.run_synthetic(argparse.Namespace(**options))
        if code:
            sys.exit(code)
