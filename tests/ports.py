"""Ports for servers of tests, which no other test process takes between the choice and the server's start.

Whoever asks the system for any port and closes it again may find it in use when its server listens, seconds later: by
another worker's server or by anybody's connection. Here each process has a row of ports to itself for as long as it
lives, below those that Linux gives to connections (32768 and up).
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle, islice

from tests.paths import private_folder

_PORTS = range(12_000, 32_000)
_IN_A_ROW = 200
_rows: dict[int, Iterator[int]] = {}


def free_port() -> int:
    """A loopback port that nothing listens on; the next call has another one."""
    process = os.getpid()  # a forked child has a row of its own
    if process not in _rows:
        _rows[process] = cycle(_claimed_row())
    for port in islice(_rows[process], _IN_A_ROW):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("every port of this process is in use")


def _claimed_row() -> range:
    """The first row whose file no living process has locked; the lock ends with this one."""
    folder = private_folder("ports")
    for start in range(_PORTS.start, _PORTS.stop, _IN_A_ROW):
        file = os.open(folder / str(start), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        return range(start, start + _IN_A_ROW)
    raise RuntimeError("every row of ports is in use")
