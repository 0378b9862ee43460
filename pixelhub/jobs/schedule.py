"""Jobs of every day (JOBS_DAILY): each is queued once after its time, by whichever worker looks first."""

from __future__ import annotations

from datetime import datetime, time

from django.conf import settings
from django.utils import timezone

from pixelhub.jobs.models import Job
from pixelhub.jobs.registry import handler_for


def parse_time(text: object) -> time:
    """ "02:30" as a time of day. Raises ValueError for anything else."""
    return datetime.strptime(str(text), "%H:%M").time()


def start_due(now: datetime | None = None) -> list[str]:
    """Queue what is due today and was not queued since its time; answers the kinds that were.

    A worker that was away at that time makes up for it when it is back, the same day. Times are UTC. Two workers that
    look in the same moment may queue one each: such a job must bear that.
    """
    now = now or timezone.now()
    started = []
    for kind, at in settings.JOBS_DAILY.items():
        due = datetime.combine(now.date(), parse_time(at), tzinfo=now.tzinfo)
        # The table is asked first: importing the handlers is for processes that have something to run.
        if now < due or Job.objects.filter(kind=kind, created_at__gte=due).exists():
            continue
        handler = handler_for(kind)
        if handler is not None:
            handler.start_daily()
            started.append(kind)
    return started
