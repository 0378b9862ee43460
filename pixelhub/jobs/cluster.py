"""One q2 cluster as a child of the supervisor: start, stop, restart, and know when it hangs."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.utils import timezone

from pixelhub.jobs.delivery import send_canary
from pixelhub.jobs.lifeline import DESCRIPTOR_VARIABLE, WORKER_VARIABLE
from pixelhub.jobs.models import Canary, Job, JobState
from pixelhub.jobs.processes import GuardedProcess, manage_command
from pixelhub.jobs.sweep import forget_deliveries

logger = logging.getLogger(__name__)

_SHORTEST_LIFE_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 30.0


class QueueCluster:
    """The cluster that works on one queue for one supervisor."""

    def __init__(self, queue: str, *, worker: str, lifeline: int) -> None:
        self.queue = queue
        self._worker = worker
        self._lifeline = lifeline
        self._process: GuardedProcess | None = None
        self._started_at: datetime = timezone.now()
        self._started = float("-inf")
        self._pause = 0.0
        self._canary_sent = float("-inf")

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def keep_alive(self) -> None:
        """Start the cluster if it does not run; one that keeps dying at once is started ever more slowly."""
        if self.is_alive or monotonic() - self._started < self._pause:
            return
        if self._process is not None:
            logger.error("queue %s: its cluster ended, starting another", self.queue)
            short = monotonic() - self._started < _SHORTEST_LIFE_SECONDS
            self._pause = min(_LONGEST_PAUSE_SECONDS, max(1.0, self._pause * 2)) if short else 0.0
        forget_deliveries(self.queue)
        self._started, self._started_at = monotonic(), timezone.now()
        self._process = GuardedProcess(
            manage_command("run_cluster"),
            env={
                "Q_CLUSTER_NAME": self.queue,
                WORKER_VARIABLE: self._worker,
                DESCRIPTOR_VARIABLE: str(self._lifeline),
            },
            pass_fds=(self._lifeline,),
        )

    def check_canary(self) -> None:
        """Send a canary each minute; kill a cluster from which none has come back for two."""
        if monotonic() - self._canary_sent >= settings.JOBS_CANARY_SECONDS:
            self._canary_sent = monotonic()
            send_canary(queue=self.queue, worker=self._worker)
        if self.is_alive and self._is_silent() and not self._is_busy():
            logger.error("queue %s: no canary came back, restarting its cluster", self.queue)
            self.kill()

    def _is_silent(self) -> bool:
        finished = (
            Canary.objects.filter(queue=self.queue, worker=self._worker, finished_at__isnull=False)
            .order_by("-finished_at")
            .values_list("finished_at", flat=True)
            .first()
        )
        heard = max(self._started_at, finished or self._started_at)
        return bool(timezone.now() - heard > timedelta(seconds=2 * settings.JOBS_CANARY_SECONDS))

    def _is_busy(self) -> bool:
        """Every place is taken by a job whose heartbeat is fresh: then a canary rightly waits."""
        running = Job.objects.filter(
            queue=self.queue, worker=self._worker, state=JobState.RUNNING, lease_until__gt=timezone.now()
        )
        return running.count() >= settings.JOBS_QUEUES[self.queue]

    def press_to_stop(self, *, grace: float) -> None:
        if self._process is not None and self.is_alive:
            self._process.press_to_stop(grace=grace)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(settings.JOBS_STOP_SECONDS)
