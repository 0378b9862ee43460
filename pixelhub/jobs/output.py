"""Run a program and read its output line by line, without ever waiting on it blindly."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings

from pixelhub.jobs.errors import JobCancelled
from pixelhub.jobs.processes import GuardedProcess

_LOOK_EVERY_SECONDS = 0.25
_MAX_LINE_BYTES = 64 * 1024


def run_lines(argv: list[str], *, on_line: Callable[[str], None] | None, tick: Callable[[int], None]) -> int:
    """Exit code of `argv`. `tick` gets its process id several times a second and ends the program by raising."""
    process = GuardedProcess(argv, stdout=subprocess.PIPE)
    with _ended_on_error(process):
        for line in _lines(process, tick):
            if on_line is not None:
                on_line(line)
        while (code := process.wait(_LOOK_EVERY_SECONDS)) is None:
            tick(process.pid)
    return code


@contextmanager
def _ended_on_error(process: GuardedProcess) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if not isinstance(error, JobCancelled):
            process.kill()
        while process.poll() is None:
            process.press_to_stop(grace=settings.JOBS_CANCEL_GRACE_SECONDS / 2)
            process.wait(_LOOK_EVERY_SECONDS)
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()


def _lines(process: GuardedProcess, tick: Callable[[int], None]) -> Iterator[str]:
    """Decoded lines until the output ends; over-long ones are cut, undecodable bytes replaced."""
    if process.stdout is None:
        return
    descriptor = process.stdout.fileno()
    pending = b""
    while True:
        readable, _, _ = select.select([descriptor], [], [], _LOOK_EVERY_SECONDS)
        if readable:
            chunk = os.read(descriptor, _MAX_LINE_BYTES)
            if not chunk:
                break
            *whole, pending = (pending + chunk).split(b"\n")
            for line in whole:
                yield _decoded(line)
            pending = pending[:_MAX_LINE_BYTES]
        tick(process.pid)
    if pending:
        yield _decoded(pending)


def _decoded(line: bytes) -> str:
    return line[:_MAX_LINE_BYTES].decode(errors="replace").rstrip("\r")
