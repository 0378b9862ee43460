"""`manage.py watch_cases`: what a worker does for cases every few seconds, once and by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from inference.services import cases_watch
from inference.services.webhooks import deliveries_enqueue


class Command(BaseCommand):
    help = "Escalate cases whose deadline has passed, and queue messages to webhooks."

    def handle(self, *args: Any, **options: Any) -> None:
        report = cases_watch()
        self.stdout.write(f"escalated {report.escalated}, queued {deliveries_enqueue()}")
