"""Real worker processes on a database of their own, and this test process looking at the same one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import environ
from asgiref.sync import SyncToAsync
from django.db import connections

from pixelhub.jobs.guard import process_table
from pixelhub.jobs.models import Job
from pixelhub.jobs.services import job_enqueue
from tests.jobs.environment import environment_for
from tests.jobs.waiting import until
from tests.paths import PROJECT_ROOT

__all__ = ["LONG", "Rig", "environment_for", "looking_at", "run_manage"]

#: For workers whose leases are not to lapse, and whose stop is not to be cut short, because the machine is busy.
LONG = {"JOBS_LEASE_SECONDS": "60", "JOBS_STOP_SECONDS": "120"}

_MARK = "PIXELHUB_TEST_RIG"


def run_manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "django", *arguments]
    done = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@contextmanager
def looking_at(database_url: str) -> Iterator[None]:
    """Point this process's default connection at another database for a while."""
    before, before_settings = connections["default"], connections.settings["default"]
    options = before_settings["OPTIONS"] if database_url.startswith("sqlite") else {}
    engine: dict[str, Any] = dict(environ.Env.db_url_config(database_url))
    if database_url.startswith("sqlite") and not options:
        options = {"transaction_mode": "IMMEDIATE", "timeout": 30}
    connections.settings["default"] = {**before_settings, **engine, "OPTIONS": options, "CONN_MAX_AGE": 0}
    del connections["default"]
    _forget_connection_of_async_code()
    try:
        yield
    finally:
        _forget_connection_of_async_code()
        connections["default"].close()
        connections.settings["default"] = before_settings
        connections["default"] = before


def _forget_connection_of_async_code() -> None:
    """`sync_to_async` runs in one thread that outlives tests, with a connection of its own."""

    def forget() -> None:
        connections["default"].close()
        del connections["default"]

    SyncToAsync.single_thread_executor.submit(forget).result()


class Rig:
    """Start workers, kill them, look at the rows."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.database_url = database_url
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.log = folder / "worker.log"
        self._workers: list[subprocess.Popen[bytes]] = []

    def start_worker(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        environment = environment_for(self.database_url, self.folder, **{_MARK: self.mark}, **more)
        command = [sys.executable, "-m", "django", "worker", *(arguments or ("--queue", "default"))]
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                command, env=environment, cwd=PROJECT_ROOT, stdout=log, stderr=log, start_new_session=True
            )
        self._workers.append(worker)
        return worker

    def enqueue(self, kind: str, **params: Any) -> Job:
        return job_enqueue(kind=kind, params=params, project=None, owner=None)

    def wait_for(self, job: Job, *states: str, within: float = 180.0) -> Job:
        def reached() -> Job | None:
            job.refresh_from_db()
            return job if job.state in states else None

        return until(reached, what=f"job {job.kind} is {' or '.join(states)}; log: {self.log}", seconds=within)

    def let_go(self, job: Job) -> None:
        """A job that is held, or quiet, may end now."""
        folder = self.folder / "var" / "jobs" / str(job.pk)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "go").touch()

    def processes(self) -> dict[int, str]:
        """Every living process of this rig, by the mark in its environment: pid -> command line."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if f"{_MARK}={self.mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def pid_of(self, job: Job, *, guard: bool = False) -> int:
        """The process that runs this job now (or the guard above it)."""

        def found() -> int | None:
            for pid, line in self.processes().items():
                if f"run_job {job.pk} " in line and ("guard.py" in line) == guard:
                    return pid
            return None

        return until(found, what=f"job {job.pk} has a process")

    def pids_of(self, command: str) -> list[int]:
        """Parents before their children: numbers alone say nothing, they begin anew when they are used up."""
        pids = [pid for pid, line in self.processes().items() if command in line and "guard.py" not in line]
        parents = {pid: parent for pid, parent, _ in process_table()}

        def depth(pid: int) -> int:
            return 1 + depth(parents[pid]) if parents.get(pid) in pids else 0

        return sorted(pids, key=lambda pid: (depth(pid), pid))

    def kill(self, *pids: int) -> None:
        """With SIGKILL; who has ended meanwhile, perhaps with one of the others, is no error."""
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def wait_until_gone(self) -> None:
        until(lambda: not self.processes(), what="every process of the worker has ended")

    def end(self) -> None:
        """Whatever the test did, nothing stays behind; ours only, by their mark."""
        self.kill(*self.processes())
        for worker in self._workers:
            worker.wait(timeout=90)
