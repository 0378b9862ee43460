"""Bad configuration becomes a system check with a hint, not a job that runs twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from pixelhub.jobs.registry import handlers
from pixelhub.jobs.schedule import parse_time


@register("jobs")
def check_leases(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Seconds that contradict each other."""
    found: list[CheckMessage] = []
    if settings.JOBS_LEASE_SECONDS < 1:
        hint = "Set JOBS_LEASE_SECONDS to 1 or more."
        found.append(Error("A job's lease is shorter than a second.", hint=hint, id="jobs.E001"))
    if settings.JOBS_SWEEP_SECONDS <= 0 or settings.JOBS_CANARY_SECONDS <= 0:
        hint = "Set JOBS_SWEEP_SECONDS and JOBS_CANARY_SECONDS above 0."
        found.append(Error("The worker's sweep or canary has no interval.", hint=hint, id="jobs.E002"))
    if settings.JOBS_CANCEL_GRACE_SECONDS >= settings.JOBS_STOP_SECONDS:
        hint = "Set JOBS_STOP_SECONDS well above JOBS_CANCEL_GRACE_SECONDS."
        message = "A stopping worker kills its clusters before its jobs had their grace to stop."
        found.append(Warning(message, hint=hint, id="jobs.W001"))
    return found


@register("jobs")
def check_daily(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Daily jobs that no handler knows, or at no time of day."""
    found: list[CheckMessage] = []
    known = {handler.kind for handler in handlers()} if settings.JOBS_DAILY else set()
    for kind, at in settings.JOBS_DAILY.items():
        try:
            parse_time(at)
        except ValueError:
            hint = 'Write JOBS_DAILY as {"store.snapshot": "02:30"}.'
            found.append(Error(f"The daily job {kind} has no time of day.", hint=hint, id="jobs.E008"))
        if kind not in known:
            hint = f"The kinds are {', '.join(sorted(known))}."
            found.append(Error(f"There is no job of the kind {kind} to run daily.", hint=hint, id="jobs.E009"))
    return found


@register("jobs")
def check_delivery(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """q2 settings under which q2 would run a job again by itself."""
    q2 = settings.Q_CLUSTER
    found: list[CheckMessage] = []
    if q2["retry"] < (q2["queue_limit"] + 2) * q2["timeout"]:
        hint = "Keep retry above (queue_limit + 2) * timeout: its clock starts at prefetch."
        found.append(Error("django-q2 would deliver running jobs again.", hint=hint, id="jobs.E003"))
    if q2["max_attempts"] != 1 or not q2["ack_failures"]:
        hint = "Set max_attempts to 1 and ack_failures to True; attempts are counted by the job's row."
        found.append(Error("django-q2 would retry deliveries by itself.", hint=hint, id="jobs.E004"))
    if q2["daemonize_workers"]:
        hint = "Set daemonize_workers to False."
        found.append(Error("django-q2's workers could not start child processes.", hint=hint, id="jobs.E005"))
    return found


@register("jobs")
def check_queues(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Handlers on a queue that no worker serves, queues without a place to run."""
    hint = f"The queues are {', '.join(settings.JOBS_QUEUES)}."
    unknown = [h for h in handlers() if h.queue not in settings.JOBS_QUEUES]
    found: list[CheckMessage] = [
        Error(f"Job kind {h.kind} is for the queue {h.queue!r}, which does not exist.", hint=hint, id="jobs.E006")
        for h in unknown
    ]
    for queue, workers in settings.JOBS_QUEUES.items():
        if workers < 1:
            hint = f"Set JOBS_{queue.upper()}_WORKERS to 1 or more."
            found.append(Error(f"The queue {queue!r} has no workers.", hint=hint, id="jobs.E007"))
    return found
