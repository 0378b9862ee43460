"""What `safety_report` and `performance_report` share: a log in, JSON or Prometheus' text out, exit 1 on an alert."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inference.engine.reports.lines import Line, bounded, lines_of
from inference.engine.reports.text import as_prometheus


class ReportCommand(BaseCommand):
    """Subclasses say what a report is."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument("log", type=Path, help="answers and refusals, one JSON object a line")
        parser.add_argument("--format", choices=["json", "prometheus"], default="json")
        parser.add_argument("--out", type=Path, help="write here instead of printing")

    def report(self, lines: Iterator[Line | None], options: dict[str, Any]) -> dict[str, Any]:
        """The report of these lines."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, print, and end with 1 where there is an alert."""
        try:
            with options["log"].open("rb") as file:
                made = self.report(lines_of(bounded(file)), options)
        except OSError as error:
            raise CommandError(f"{options['log']}: {error.strerror}") from error
        text = as_prometheus(made) if options["format"] == "prometheus" else json.dumps(made, indent=2) + "\n"
        if options["out"]:
            try:
                options["out"].write_text(text, encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{options['out']}: {error.strerror}") from error
        else:
            self.stdout.write(text, ending="")
        if made["alerts"]:
            raise SystemExit(1)
