"""Jobs and workers as metrics: counts and ages, over all projects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Max, Min
from django.db.models.functions import Coalesce

from pixelhub.jobs.models import Canary, Job, JobState
from pixelhub.metrics import catalogue as known
from pixelhub.metrics.catalogue import Metric

__all__ = ["job_facts"]


def job_facts(now: datetime) -> Iterator[tuple[Metric, dict[str, str], float]]:
    """(metric, labels, value) of what waits, runs and has failed, and of each queue's last canary."""
    counts = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).values("queue", "state")
    found = {(row["queue"], row["state"]): row["n"] for row in counts.annotate(n=Count("pk")).order_by()}
    for queue in settings.JOBS_QUEUES:
        for state in (JobState.QUEUED, JobState.RUNNING):
            yield known.JOBS, {"queue": queue, "state": state.value}, found.get((queue, state.value), 0)
    waiting = Job.objects.filter(state=JobState.QUEUED).annotate(since=Coalesce(F("not_before"), F("created_at")))
    oldest = {row["queue"]: row["first"] for row in waiting.values("queue").annotate(first=Min("since")).order_by()}
    for queue in settings.JOBS_QUEUES:
        since = oldest.get(queue)
        yield known.JOB_OLDEST_WAIT, {"queue": queue}, max(0.0, (now - since).total_seconds()) if since else 0.0
    lost = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=now)
    yield known.JOBS_LEASE_PASSED, {}, lost.count()
    failed = Job.objects.filter(state=JobState.FAILED, finished_at__gte=now - timedelta(days=1))
    yield known.JOBS_FAILED_DAY, {}, failed.count()
    canaries = Canary.objects.filter(finished_at__isnull=False).values("queue").annotate(last=Max("finished_at"))
    for row in canaries.order_by():
        yield known.CANARY_AGE, {"queue": row["queue"]}, max(0.0, (now - row["last"]).total_seconds())
