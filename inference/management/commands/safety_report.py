"""`manage.py safety_report LOG.jsonl`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inference.engine.reports.lines import Line
from inference.engine.reports.safety import safety_report
from inference.report_command import ReportCommand


class Command(ReportCommand):
    help = "Count what matters for safety in a log of answers; exit code 1 where a threshold is passed."

    def report(self, lines: Iterator[Line | None], options: dict[str, Any]) -> dict[str, Any]:
        """Verdicts, degraded answers, raised floors, gates, events."""
        return safety_report(lines)
