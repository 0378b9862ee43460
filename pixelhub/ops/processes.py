"""A hub's processes on one machine: started together, restarted when one dies, stopped together. Django-free."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_STOP_SECONDS = 15
# A process that dies at once, again and again, has a cause that restarting will not mend.
_FAST_DEATH_SECONDS = 5
_FAST_DEATHS = 5
_PR_SET_PDEATHSIG = 1


@dataclass
class Process:
    """One program to keep alive, in a process group of its own.

    One that `holds` takes `--hold`: it gets ready when first started and goes on when it is released.
    """

    name: str
    argv: list[str]
    environment: dict[str, str]
    holds: bool = False
    fast_deaths: int = 0
    started_at: float = 0.0
    popen: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        self.started_at = time.monotonic()
        holding = self.holds and self.popen is None
        self.popen = subprocess.Popen(
            [*self.argv, "--hold"] if holding else self.argv,
            env=self.environment,
            stdin=subprocess.PIPE if holding else None,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    def release(self) -> None:
        """Let a process that was started holding go on."""
        if self.popen is not None and self.popen.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.popen.stdin.write(b"go\n")
                self.popen.stdin.close()

    def died(self) -> bool:
        return self.popen is not None and self.popen.poll() is not None

    def signal(self, number: int) -> None:
        if self.popen is not None and self.popen.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, number)


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent is killed, so that a port is never held by an orphan."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def keep_running(processes: list[Process], *, say: Callable[[str], None]) -> int:
    """Run until SIGINT or SIGTERM, restarting what dies; answers an exit status. What holds is released first.

    A process that dies within seconds five times in a row ends the hub with status 1.
    """
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    status = 0
    for process in processes:
        if process.popen is None:
            process.start()
        process.release()
    while not stopping:
        for process in processes:
            if process.died() and not _restart(process, say):
                status, stopping = 1, True
        time.sleep(0.25)
    _stop_all(processes)
    return status


def _restart(process: Process, say: Callable[[str], None]) -> bool:
    lived = time.monotonic() - process.started_at
    process.fast_deaths = process.fast_deaths + 1 if lived < _FAST_DEATH_SECONDS else 0
    if process.fast_deaths >= _FAST_DEATHS:
        say(f"{process.name} keeps ending at once; stopping the hub")
        return False
    say(f"{process.name} ended; starting it again")
    process.start()
    return True


def _stop_all(processes: list[Process]) -> None:
    for process in processes:
        process.signal(signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    for process in processes:
        if process.popen is None:
            continue
        try:
            process.popen.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.signal(signal.SIGKILL)
