"""What a worker does for inference every few seconds (JOBS_CHORES)."""

from __future__ import annotations

from inference.services.case_watch import cases_watch
from inference.services.webhooks import deliveries_enqueue


def watch_cases() -> None:
    """Escalate what is overdue, then hand messages that wait to jobs."""
    cases_watch()
    deliveries_enqueue()
