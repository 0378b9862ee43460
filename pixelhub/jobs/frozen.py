"""Processes of a worker that are stopped (SIGSTOP): they hold a place and perhaps a lock, and do nothing."""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import suppress
from threading import Thread

from django.conf import settings

from pixelhub.jobs import guard

logger = logging.getLogger(__name__)


def frozen_descendants(root: int) -> set[int]:
    """Pids below `root` that are stopped now."""
    table = list(guard.process_table())
    children: dict[int, list[int]] = {}
    for pid, parent, _ in table:
        children.setdefault(parent, []).append(pid)
    below: set[int] = set()
    todo = [root]
    while todo:
        found = children.get(todo.pop(), [])
        below.update(found)
        todo.extend(found)
    return {pid for pid, _, state in table if state == "T" and pid in below}


class FrozenWatch(Thread):
    """Kills what has been frozen for longer than a lease.

    A thread of its own that never touches the database: a process frozen inside a transaction may be just
    what everybody else waits for there.
    """

    def __init__(self, root: int) -> None:
        super().__init__(name="frozen-watch", daemon=True)
        self._root = root
        self._since: dict[int, float] = {}

    def run(self) -> None:
        while True:
            time.sleep(min(2.0, settings.JOBS_LEASE_SECONDS / 4))
            self.look()

    def look(self) -> None:
        """One round: remember who is frozen, kill who has been for too long."""
        now = time.monotonic()
        self._since = {pid: self._since.get(pid, now) for pid in frozen_descendants(self._root)}
        for pid, since in self._since.items():
            if now - since >= settings.JOBS_LEASE_SECONDS:
                logger.error("process %s has been frozen for longer than a lease, killing it", pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
