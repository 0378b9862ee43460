"""The hub's own worker with every app, as processes to be killed: for kills in mid compile and mid training."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGSTOP

from django.utils import timezone

from pixelhub.jobs.models import Job, JobState
from tests.jobs.rig import LONG, Rig


class HubRig(Rig):
    """The hub's worker, on the queue of the job that is killed, with the objects that this process sees."""

    queue = "default"

    def __init__(self, database_url: str, folder: Path, **same: str) -> None:
        super().__init__(database_url, folder)
        self._hub = {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PIXELHUB_TEST_HANDLERS": "",
            "OMP_NUM_THREADS": "1",
            # Attempts are counted: only a kill may end a lease, not a heartbeat that a busy machine kept waiting.
            **LONG,
            **same,
        }

    def start(self) -> None:
        self.start_worker("--queue", self.queue, **self._hub)

    def kill_everything(self) -> None:
        """SIGKILL to the supervisor, its guards, its clusters, the job and the job's program, as if at once.

        They are stopped first: so nobody sees another one's end and gives the job back.
        """
        for number in (SIGSTOP, SIGKILL):
            for pid in self.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        self.wait_until_gone()

    def let_leases_lapse(self) -> None:
        """Now, rather than wait for their end."""
        Job.objects.filter(state=JobState.RUNNING).update(lease_until=timezone.now())

    def stop(self) -> None:
        """An orderly end, after which no process is left."""
        self._workers[-1].terminate()
        self._workers[-1].wait()
        self.wait_until_gone()
