"""`manage.py performance_report LOG.jsonl`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser

from inference.engine.reports.lines import Line
from inference.engine.reports.performance import performance_report
from inference.report_command import ReportCommand


class Command(ReportCommand):
    help = "Latency, throughput and errors of a log of answers, in windows; exit code 1 where a threshold is passed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        super().add_arguments(parser)
        parser.add_argument("--window", type=int, default=300, metavar="SECONDS", help="length of a window")

    def report(self, lines: Iterator[Line | None], options: dict[str, Any]) -> dict[str, Any]:
        """Quantiles, shares, windows."""
        if options["window"] < 1:
            raise CommandError("a window lasts at least a second")
        return performance_report(lines, window_s=options["window"])
