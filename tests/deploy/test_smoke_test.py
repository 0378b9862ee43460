"""deploy/smoke_test.sh against the processes that the systemd units start: web and scoring, each by itself."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.programs import program, said_by
from tests.deploy.rendered import DEPLOY
from tests.deploy.units import commands_of
from tests.inference.service import Service
from tests.paths import PROJECT_ROOT
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
START_SECONDS = 240


class Machine:
    """Both services of one machine, as their units start them, on a hub with a signed model in production."""

    def __init__(self, folder: Path) -> None:
        self.hub = Service(folder)
        self.environment = {
            **self.hub.environment,
            "STATIC_FROM_SOURCE": "0",
            "STATIC_ROOT": str(folder / "staticfiles"),
        }
        self.manage("collectstatic", "--no-input", "-v0")
        self.log = folder / "services.log"
        self.web, self.scoring = free_port(), free_port()
        self._processes = [
            self._start("pixelhub-web.service", "8000", self.web),
            self._start("pixelhub-inference.service", "8001", self.scoring),
        ]
        for port in (self.web, self.scoring):
            self._wait(f"http://127.0.0.1:{port}/readyz")

    def manage(self, *arguments: str) -> None:
        done = said_by([sys.executable, "manage.py", *arguments], cwd=PROJECT_ROOT, env=self.environment)
        assert done.returncode == 0, done.stderr[-2000:]

    def _start(self, unit: str, port: str, instead: int) -> "subprocess.Popen[bytes]":
        (arguments,) = commands_of(unit)
        assert arguments[0] == "uvicorn"
        command = [str(instead) if argument == port else argument for argument in arguments[1:]]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "uvicorn", *command],
                cwd=PROJECT_ROOT, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip

    def _wait(self, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310
                    if b'"ready"' in answer.read():
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise RuntimeError(f"{url} did not become ready:\n{self.log.read_text()[-3000:]}")

    def stop_scoring(self) -> int:
        """SIGTERM to the scoring service; its exit status."""
        self._processes[1].terminate()
        return self._processes[1].wait(timeout=120)

    def stop(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=120)

    def smoke(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "no_proxy": "*", **more}
        url = f"http://127.0.0.1:{self.web}"
        command = ["bash", str(DEPLOY / "smoke_test.sh"), url, "--scoring", f"http://127.0.0.1:{self.scoring}"]
        return said_by([*command, *arguments], env=environment)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    program("curl")
    machine = Machine(tmp_path_factory.mktemp("machine"))
    try:
        yield machine
    finally:
        machine.stop()


def test_a_whole_hub_passes_and_one_without_scores_does_not(machine: Machine) -> None:
    done = machine.smoke("--require-model", PIXELHUB_SMOKE_KEY=machine.hub.token)
    assert done.returncode == 0, done.stdout
    assert "models: ready" in done.stdout
    assert done.stdout.count("ok ") == 8
    assert machine.hub.token not in done.stdout + done.stderr

    refused = machine.smoke("--timeout", "0", PIXELHUB_SMOKE_KEY="phk_nobody_has_this")
    assert refused.returncode == 1
    assert "/api/v1/crisis/score: 401 instead of 200" in refused.stdout

    # uvicorn passes the signal that ended it on, once everything is written
    assert machine.stop_scoring() in (0, -15)
    gone = machine.smoke("--timeout", "0")
    assert gone.returncode == 1
    assert f"http://127.0.0.1:{machine.scoring}/healthz: 000 instead of 200" in gone.stdout
    assert f"ok      http://127.0.0.1:{machine.web}/accounts/login/: 200" in gone.stdout


def test_wrong_arguments_are_told() -> None:
    for arguments in ([], ["hub.example.org"], ["--colour", "https://hub.example.org"]):
        assert said_by(["bash", str(DEPLOY / "smoke_test.sh"), *arguments]).returncode == 2
