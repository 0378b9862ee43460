"""The hub's own worker with every app, as processes to be killed: for kills in mid compile and mid training."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL

from tests.jobs.rig import Rig


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
            "JOBS_LEASE_SECONDS": "10",
            **same,
        }

    def start(self) -> None:
        self.start_worker("--queue", self.queue, **self._hub)

    def kill_everything(self) -> None:
        """SIGKILL to the supervisor, its guards, its clusters, the job and the job's program, in one sweep."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, SIGKILL)
        self.wait_until_gone()

    def stop(self) -> None:
        """An orderly end, after which no process is left."""
        self._workers[-1].terminate()
        self._workers[-1].wait()
        self.wait_until_gone()
