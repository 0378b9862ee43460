"""`manage.py assess_risk FILE|--evaluate`: risk and content gates of files; the hub's own data stay untouched."""

from __future__ import annotations

import argparse
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datasets_app.corpus.cli import risk


class Command(BaseCommand):
    """Assess files: exit code 0 without a crisis, 1 with one, 2 for wrong use."""

    help = f"Assess the risk in conversations and run the content gates. Example: manage.py assess_{risk.EXAMPLE}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        risk.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and exit with the command's code."""
        code = risk.run(argparse.Namespace(**options))
        if code:
            sys.exit(code)
