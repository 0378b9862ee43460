"""The scoring service in processes of its own under uvicorn, on a hub that benchmarks.scoring_setup has filled."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx
import psutil

from tests.inference.tiny import tiny_files
from tests.migrated import copy_sqlite
from tests.paths import PROJECT_ROOT
from tests.ports import free_port

START_SECONDS = 180


class Service:
    """uvicorn with inference.asgi on a hub that benchmarks.scoring_setup has filled."""

    def __init__(self, folder: Path, files: dict[str, bytes] | None = None) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "pixelhub.settings",
            "PIXELHUB_VAR_DIR": str(folder / "var"),
            "DATABASE_URL": f"sqlite:///{folder / 'hub.sqlite3'}",
            "OMP_NUM_THREADS": "1",
            "LOG_LEVEL": "INFO",
            "PYTHONPATH": str(PROJECT_ROOT),
        }
        self.log = folder / "service.log"
        copy_sqlite(folder / "hub.sqlite3")
        bundle = folder / "bundle"
        bundle.mkdir()
        for name, data in (files or tiny_files()).items():
            (bundle / name).write_bytes(data)
        self.token = self.run("-m", "benchmarks.scoring_setup", str(bundle)).split()[-1]
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> httpx.Client:
        """A client of the started service, with a valid key."""
        if "--workers" in arguments:
            # Who has not answered its parent for five seconds is killed by it: on a busy machine for nothing.
            arguments += ("--timeout-worker-healthcheck", "120")
        command = [sys.executable, "-m", "uvicorn", "tests.inference.patient_asgi:application"]
        command += ["--port", str(self.port), *arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=self.environment, stdout=log, stderr=log)
        headers = {"authorization": f"Bearer {self.token}"}
        client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=90, trust_env=False)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if client.get("/ready").json()["status"] == "ready":
                    return client
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError(f"the service did not become ready:\n{self.log.read_text()[-3000:]}")

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(timeout=180)

    @property
    def process(self) -> psutil.Process:
        """The one that was started."""
        assert self._process
        return psutil.Process(self._process.pid)

    def logged_ids(self) -> set[str]:
        """The ids in the score log."""
        with closing(sqlite3.connect(self.folder / "hub.sqlite3")) as connection:
            return {row[0] for row in connection.execute("SELECT id FROM inference_scorelog")}

    @property
    def workers(self) -> list[psutil.Process]:
        """The living processes that answer, where it was started with `--workers`."""
        return [child for child in self.process.children() if _answers(child)]

    def run(self, *arguments: str) -> str:
        """What a Python program prints that runs beside the service, on its hub."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT_ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def _answers(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:  # killed, and not yet collected by its parent (a zombie is one of these too)
        return False
