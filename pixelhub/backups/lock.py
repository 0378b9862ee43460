"""One backup or restore of a hub at a time, whoever starts it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection

from pixelhub.backups.errors import BackupRefused
from pixelhub.backups.postgres import own_connection

_ADVISORY: Final = 0x70_78_68_62_6B  # "pxhbk"
_BUSY: Final = "Another backup or restore of this hub is running; this one was not begun."


@contextmanager
def sole() -> Iterator[None]:
    """Hold the lock, or raise BackupRefused at once. Both kinds end with the process that holds them, kill included.

    A hub on PostgreSQL may run on many machines, so its database is asked; a hub on SQLite is one machine, whose file
    `backup.lock` is.
    """
    with _in_database() if connection.vendor == "postgresql" else _in_file():
        yield


@contextmanager
def _in_database() -> Iterator[None]:
    with own_connection() as session:
        session.autocommit = True
        if not session.execute("SELECT pg_try_advisory_lock(%s)", [_ADVISORY]).fetchone()[0]:
            raise BackupRefused(_BUSY)
        yield


@contextmanager
def _in_file() -> Iterator[None]:
    path = Path(settings.VAR_DIR) / "backup.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(_BUSY) from None
        yield
