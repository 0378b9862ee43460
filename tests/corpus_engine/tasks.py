"""Tasks that go wrong, for the executors' tests. Run in worker processes."""

import os
import signal
import sys
from pathlib import Path


def upper(task: bytes) -> bytes:
    return task.upper()


def noisy(task: bytes) -> bytes:
    sys.stdout.write("a library prints something\n")
    sys.stdout.flush()
    return task


def die_once(task: bytes) -> bytes:
    """Kill the worker the first time; the task is the path of a file that remembers it."""
    mark = Path(task.decode())
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return b"alive"


def die(task: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return task


def fail(task: bytes) -> bytes:
    raise ValueError("the words of a person")
