"""Starting and stopping guarded child processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import IO

from django.conf import settings

from pixelhub.jobs import guard

_GUARD = str(Path(guard.__file__).resolve())
_LAST_RESORT_SECONDS = 8.0


class GuardedProcess:
    """A command that ends with us at the latest, in a session of its own, with all its descendants."""

    def __init__(
        self,
        command: list[str],
        *,
        env: dict[str, str] | None = None,
        stdout: int | IO[bytes] | None = None,
        pass_fds: tuple[int, ...] = (),
    ) -> None:
        self._stop_asked_at: float | None = None
        self._killed_at: float | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", _GUARD, str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT if stdout is not None else None,
            cwd=settings.BASE_DIR,
            env={**os.environ, **(env or {})},
            pass_fds=pass_fds,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def stdout(self) -> IO[bytes] | None:
        return self._process.stdout

    @property
    def stop_asked(self) -> bool:
        return self._stop_asked_at is not None

    def poll(self) -> int | None:
        """Exit code (128 + signal for a killed command), None while it runs."""
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> int | None:
        """Exit code, or None when it still runs after `timeout` seconds."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def press_to_stop(self, *, grace: float) -> None:
        """Call again and again until `poll` answers: asks first, kills the whole tree after `grace` seconds."""
        now = monotonic()
        if self._stop_asked_at is None:
            self._stop_asked_at = now
            self._signal(signal.SIGTERM)
        elif self._killed_at is None and now - self._stop_asked_at >= grace:
            self.kill()
        elif self._killed_at is not None and now - self._killed_at >= _LAST_RESORT_SECONDS:
            self._signal(signal.SIGKILL)

    def kill(self) -> None:
        """Kill the command and all it started; the guard sees to the descendants."""
        self._stop_asked_at = self._stop_asked_at or monotonic()
        self._killed_at = monotonic()
        self._signal(signal.SIGHUP)

    def _signal(self, signum: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signum)


def manage_command(*arguments: str) -> list[str]:
    """A management command in a fresh interpreter, with the settings of this one."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE)
    return [sys.executable, "-m", "django", *arguments]


def describe_exit(code: int) -> str:
    """A sentence for people about how a process ended."""
    if code == 128 + signal.SIGKILL:
        return "Its process was killed (signal 9); often the machine has run out of memory."
    if code > 128:
        return f"Its process was stopped by signal {code - 128}."
    return f"Its process ended with code {code} and without a result."
