"""Run a command so that nothing of it outlives its parent: `python guard.py PARENT_PID COMMAND...`.

Stands between a parent and the work: it adopts whatever the command leaves behind (subreaper), and kills all of it
when the command ends, when the parent dies (even by SIGKILL: the kernel then sends us SIGHUP), or on SIGHUP.
SIGTERM and SIGINT are passed on. Should this process itself be killed, the kernel kills the command with it.
Standard library only, so that it starts in a few milliseconds and never imports what it guards. Linux.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_WATCHED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOOK_EVERY_SECONDS = 1.0
_KILL_SECONDS = 5.0


def die_with_parent(signum: int) -> None:
    """Ask the kernel to send us `signum` when the thread that started us ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def process_table() -> Iterator[tuple[int, int, str]]:
    """(pid, parent pid, state letter) of every process now in /proc."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text(errors="replace")
        except OSError:
            continue
        # The command's name is in parentheses and may hold spaces and parentheses itself.
        state, parent = stat.rpartition(")")[2].split()[:2]
        yield int(entry.name), int(parent), state


def kill_descendants() -> None:
    """Kill our children until there are none; grandchildren become ours as their parents die."""
    deadline = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < deadline:
        children = [pid for pid, parent, _ in process_table() if parent == os.getpid()]
        if not children:
            return
        for pid in children:
            _kill(pid, signal.SIGKILL)
        for pid in children:
            _reap_now(pid, deadline)


def _reap_now(pid: int, deadline: float) -> None:
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
        except ChildProcessError:
            return
        time.sleep(0.005)


def _kill(pid: int, signum: int) -> None:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return


def _start(command: list[str]) -> int:
    guard = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        die_with_parent(signal.SIGKILL)
        if os.getppid() != guard:
            os._exit(128 + signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvp(command[0], command)  # noqa: S606  (no shell is the point)  # nosec B606
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.stderr.flush()
    finally:
        os._exit(127)


def _reap(child: int) -> int | None:
    """Collect whatever has ended; the exit code of `child` once it has (128 + signal when killed)."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            code = 128 - code if code < 0 else code


def main(argv: list[str]) -> int:
    """Guard `argv[1:]` for the process `argv[0]`; the command's exit code."""
    parent, command = int(argv[0]), argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    die_with_parent(signal.SIGHUP)
    adopt_orphans()
    if os.getppid() != parent:
        return 128 + signal.SIGHUP
    child = _start(command)
    while True:
        info = signal.sigtimedwait(_WATCHED, _LOOK_EVERY_SECONDS)
        code = _reap(child)
        if code is not None:
            kill_descendants()
            return code
        if os.getppid() != parent or (info and info.si_signo == signal.SIGHUP):
            kill_descendants()
            return 128 + signal.SIGHUP
        if info and info.si_signo in (signal.SIGTERM, signal.SIGINT):
            _kill(child, info.si_signo)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
