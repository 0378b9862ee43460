"""The worker: clusters as children, the sweep, canaries, and an end that leaves nothing behind."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from time import monotonic
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils.module_loading import import_string

from pixelhub.jobs.alive import end_life, show_life
from pixelhub.jobs.cluster import QueueCluster
from pixelhub.jobs.frozen import FrozenWatch
from pixelhub.jobs.schedule import start_due
from pixelhub.jobs.sweep import clear_leftovers, sweep

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
_LEFTOVERS_EVERY_SECONDS = 300.0
_DAILY_EVERY_SECONDS = 60.0
_LIFE_EVERY_SECONDS = 5.0


class Supervisor:
    """Keeps one cluster per queue running until it is told to stop; may itself be killed at any moment."""

    def __init__(self, queues: Sequence[str]) -> None:
        read_end, self._write_end = os.pipe()
        name = f"{socket.gethostname()[:60]}:{os.getpid()}"
        self._clusters = [QueueCluster(queue, worker=name, lifeline=read_end) for queue in queues]
        self._stop = Event()
        self._chores = [
            Chore("sign of life", _LIFE_EVERY_SECONDS, lambda: show_life(Path(settings.VAR_DIR))),
            Chore("sweep", settings.JOBS_SWEEP_SECONDS, sweep),
            Chore("canaries", min(5.0, settings.JOBS_CANARY_SECONDS), self._check_canaries),
            Chore("leftovers", _LEFTOVERS_EVERY_SECONDS, clear_leftovers),
            Chore("daily jobs", _DAILY_EVERY_SECONDS, start_due),
            *(Chore(name, settings.JOBS_SWEEP_SECONDS, of_an_app(name)) for name in settings.JOBS_CHORES),
        ]

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._on_signal)
        FrozenWatch(os.getpid()).start()
        while not self._stop.wait(_TICK_SECONDS):
            self._survive("clusters", self._keep_clusters)
            for chore in self._chores:
                if chore.is_due():
                    self._survive(chore.name, chore.act)
        self._shut_down()

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _keep_clusters(self) -> None:
        for cluster in self._clusters:
            cluster.keep_alive()

    def _check_canaries(self) -> None:
        for cluster in self._clusters:
            cluster.check_canary()

    def _survive(self, name: str, act: Callable[[], object]) -> None:
        """A database that is away must not end the worker: it recovers alone when it is back."""
        try:
            close_old_connections()
            act()
        except DatabaseError as error:
            logger.error("worker: %s met %s", name, type(error).__name__)
            connection.close()

    def _shut_down(self) -> None:
        """Deliveries see the cut lifeline and give their jobs back; clusters then stop, or are killed."""
        os.close(self._write_end)
        while any(cluster.is_alive for cluster in self._clusters):
            for cluster in self._clusters:
                cluster.press_to_stop(grace=settings.JOBS_STOP_SECONDS)
            Event().wait(_TICK_SECONDS)
        end_life(Path(settings.VAR_DIR))


def of_an_app(name: str) -> Callable[[], object]:
    """An app's chore by its dotted name. Whatever it meets is logged, by kind, and the worker goes on."""

    def act() -> None:
        try:
            import_string(name)()
        except DatabaseError:
            raise
        except Exception as error:  # an app's fault must not stop everybody's jobs
            logger.error("worker: %s met %s", name, type(error).__name__)

    return act


class Chore:
    """Something to do every so many seconds."""

    def __init__(self, name: str, every: float, act: Callable[[], object]) -> None:
        self.name = name
        self.act = act
        self._every = every
        self._next = monotonic()

    def is_due(self) -> bool:
        if monotonic() < self._next:
            return False
        self._next = monotonic() + self._every
        return True
