"""A real hub in processes of its own, on a fresh database and folder: what browser and kill tests drive."""

import ast
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.forkserver import forked
from tests.paths import PROJECT_ROOT
from tests.ports import free_port

START_SECONDS = 600


def result_of(code: str) -> Any:
    """What this code leaves in `result`; for the process that `HubProcess.python` has forked."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, "<test>", "exec"), names)  # noqa: S102
    return names["result"]


def _modules_of_tests(code: str) -> list[str]:
    """Our own modules that the code imports, so that they are loaded once for all."""
    found = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom) and node.module]
    named = {f"{node.module}.{name.name}" for node in found for name in node.names} | {str(n.module) for n in found}
    ours = {name for name in named if name.startswith("tests.")}
    return sorted(name for name in ours if (PROJECT_ROOT / f"{name.replace('.', '/')}.py").exists())


class HubProcess:
    """`manage.py hub` with its own var folder. `manage` and `python` run beside it against the same database."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "pixelhub.settings",
            "PIXELHUB_VAR_DIR": str(folder / "var"),
            "OMP_NUM_THREADS": "1",
            "LOG_LEVEL": "WARNING",
            **environment,
        }
        self.database = folder / "var" / "hub.sqlite3"
        self.log = folder / "hub.log"
        self._process: subprocess.Popen[bytes] | None = None

    def manage(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """A management command against this hub's database."""
        return self._run([sys.executable, "manage.py", *arguments], check=check)

    def module(self, name: str) -> Any:
        """Run a module as a program against this hub's database; its last line comes back through JSON."""
        return json.loads(self._run([sys.executable, "-m", name], check=True).stdout.splitlines()[-1])

    def python(self, code: str) -> Any:
        """Run Python inside this hub's configuration; what it leaves in `result` comes back through JSON."""
        environment = {**self.environment, "PYTHONPATH": str(PROJECT_ROOT)}
        done = forked(environment, "tests.hubprocess:result_of", code, load=_modules_of_tests(code))
        if done.returncode != 0:
            raise RuntimeError(f"this ended with {done.returncode}:\n{code}\n{done.stderr[-3000:]}")
        return done.result

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Straight from the database file, at once: what is stored, without the hub's word for it."""
        with closing(sqlite3.connect(self.database, timeout=90)) as connection:
            return connection.execute(query, values).fetchall()

    def start(self, *arguments: str) -> "HubProcess":
        """Start and wait until the first page answers. `--no-worker` where no job is to run: three processes less."""
        command = [sys.executable, "manage.py", "hub", "--port", str(self.port), *arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=PROJECT_ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the hub ended while starting:\n{self.log.read_text()[-3000:]}")
            if self.answers():
                return self
            time.sleep(0.1)
        raise RuntimeError(f"the hub did not answer within {START_SECONDS} s:\n{self.log.read_text()[-3000:]}")

    @property
    def pid(self) -> int:
        """The process that keeps the hub's others running."""
        if self._process is None:
            raise RuntimeError("the hub was not started")
        return self._process.pid

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop the whole hub; with SIGKILL as a crash would."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(timeout=120)

    def __enter__(self) -> "HubProcess":
        return self

    def __exit__(self, *details: object) -> None:
        self.stop()

    def answers(self) -> bool:
        """Whether the sign-in page is served."""
        try:
            with urllib.request.urlopen(f"{self.url}/accounts/login/", timeout=30) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _run(self, command: list[str], *, check: bool) -> "subprocess.CompletedProcess[str]":
        environment = {**self.environment, "PYTHONPATH": str(PROJECT_ROOT)}
        done = subprocess.run(command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"{command[1:]} ended with {done.returncode}:\n{done.stderr[-3000:]}")
        return done
