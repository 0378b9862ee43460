"""Writes what a run says within an epoch and what it takes of the machine: at most once a second, ever more seldom."""

from __future__ import annotations

from time import monotonic
from typing import Any, Final

from pixelhub.jobs.base import JobContext
from training_app import services
from training_app.jobs.machine import MachineMeter
from training_app.models import TrainingRun

SHORTEST_SECONDS: Final = 1.0
# Of the time that has passed: a day's run leaves some five thousand rows, the last hours no fewer than an hour's.
SHARE_OF_ELAPSED: Final = 1 / 1000
MACHINE_SECONDS: Final = 2.0
# How often an open page is told of points alone; a finished epoch tells it at once.
TELL_SECONDS: Final = 4.0
POINT_FIELDS: Final = ("loss", "learning_rate", "tokens_per_second", "rss_mb", "gpu_mb")


class RunMonitor:
    """Takes points from the event reader and ticks from the job's loop; everything is written by `on_tick`."""

    def __init__(self, ctx: JobContext, run: TrainingRun) -> None:
        self._ctx = ctx
        self._run = run
        self._meter = MachineMeter()
        self._started = monotonic()
        self._written_at = self._sampled_at = self._told_at = float("-inf")
        self._waiting: dict[str, Any] | None = None

    def point(self, event: dict[str, Any]) -> None:
        """Note the newest point; of those within one interval the last is kept."""
        self._waiting = event

    def on_tick(self, pid: int) -> None:
        """Write what is due. May raise JobCancelled or JobLost."""
        now = monotonic()
        interval = max(SHORTEST_SECONDS, (now - self._started) * SHARE_OF_ELAPSED)
        if now - self._written_at < interval:
            return
        sample = {}
        if now - self._sampled_at >= max(MACHINE_SECONDS, interval):
            sample, self._sampled_at = self._meter.sample(pid), now
        point, self._waiting = self._waiting, None
        if point is None and not sample:
            return
        self._written_at = now
        tell = now - self._told_at >= TELL_SECONDS
        if tell:
            self._told_at = now
        with self._ctx.step():
            services.run_points_record(
                run=self._run,
                step=None if point is None else int(point["step"]),
                point={name: point[name] for name in POINT_FIELDS if point and point.get(name) is not None},
                sample=sample,
                tell=tell,
            )
