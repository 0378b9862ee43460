"""The service in a process of its own under uvicorn: it starts, answers, and flushes when it is stopped."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.inference.conftest import user_says
from tests.inference.tiny import tiny_files
from tests.migrated import copy_sqlite
from tests.paths import PROJECT_ROOT
from tests.servers import free_port

pytestmark = pytest.mark.slow  # migrates a database file of its own and starts processes
START_SECONDS = 60


class Service:
    """uvicorn with inference.asgi on a hub that benchmarks.serving_setup has filled."""

    def __init__(self, folder: Path) -> None:
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
        for name, data in tiny_files().items():
            (bundle / name).write_bytes(data)
        self.token = self._run("-m", "benchmarks.serving_setup", str(bundle)).split()[-1]
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> httpx.Client:
        """A client of the started service, with a valid key."""
        command = [sys.executable, "-m", "uvicorn", "inference.asgi:application", "--port", str(self.port), *arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=self.environment, stdout=log, stderr=log)
        headers = {"authorization": f"Bearer {self.token}"}
        client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=30, trust_env=False)
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
            self._process.wait(timeout=30)

    def logged_ids(self) -> set[str]:
        """The ids in the score log."""
        with closing(sqlite3.connect(self.folder / "hub.sqlite3")) as connection:
            return {row[0] for row in connection.execute("SELECT id FROM inference_scorelog")}

    def _run(self, *arguments: str) -> str:
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


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("service"))
    yield service
    service.stop()


def ids_of(client: httpx.Client, text: str, count: int) -> set[str]:
    answers = [client.post("/infer", json=user_says(text)) for _ in range(count)]
    assert {answer.status_code for answer in answers} == {200}
    return {answer.json()["id"].replace("-", "") for answer in answers}


@pytest.mark.parametrize("arguments", [(), ("--lifespan", "off")], ids=["lifespan", "no lifespan"])
def test_what_was_answered_is_on_disk_after_a_stop(service: Service, arguments: tuple[str, ...]) -> None:
    client = service.start(*arguments)
    ids = ids_of(client, "calm", 30)
    service.stop()
    assert ids <= service.logged_ids()
    assert "Traceback" not in service.log.read_text()


def test_a_crisis_is_on_disk_even_after_a_kill(service: Service) -> None:
    client = service.start()
    ids = ids_of(client, "doom", 5)
    service.stop(signal.SIGKILL)
    assert ids <= service.logged_ids()


def test_the_log_holds_no_text(service: Service) -> None:
    client = service.start("--log-level", "debug")
    ids_of(client, "zebra-canary-7 doom", 3)
    client.post("/infer", content=b'{"text": "zebra-canary-7', headers={"content-type": "application/json"})
    service.stop()
    assert "zebra-canary-7" not in service.log.read_text()
