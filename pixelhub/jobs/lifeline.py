"""How a worker's deliveries learn that it is stopping: a pipe whose other end only the supervisor holds.

The supervisor closes it to stop in order; the kernel closes it when the supervisor is killed.
"""

from __future__ import annotations

import os
import select
import socket
import time

DESCRIPTOR_VARIABLE = "PIXELHUB_JOBS_LIFELINE"
WORKER_VARIABLE = "PIXELHUB_JOBS_WORKER"


def is_cut(*, wait: float = 0.0) -> bool:
    """Whether the supervisor is gone or stopping; waits up to `wait` seconds for it. False without a supervisor."""
    descriptor = os.environ.get(DESCRIPTOR_VARIABLE)
    if descriptor is None:
        time.sleep(wait)
        return False
    readable, _, _ = select.select([int(descriptor)], [], [], wait)
    return bool(readable)


def worker_name() -> str:
    """Who we are in the rows we hold: the supervisor's name, else this process."""
    return os.environ.get(WORKER_VARIABLE) or f"{socket.gethostname()[:60]}:{os.getpid()}"
