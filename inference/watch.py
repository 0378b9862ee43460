"""What a worker does for inference every few seconds (JOBS_CHORES)."""

from __future__ import annotations

from inference.services.case_watch import cases_watch
from inference.services.monitor_alerts import figures_judge_when_due
from inference.services.monitor_counts import answers_count
from inference.services.webhooks import deliveries_enqueue


def watch_cases() -> None:
    """Escalate what is overdue, then hand messages that wait to jobs."""
    cases_watch()
    deliveries_enqueue()


def watch_figures() -> None:
    """Count the answers that are not in the figures yet, then hold the figures to their limits."""
    answers_count()
    figures_judge_when_due()
