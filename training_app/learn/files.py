"""Files that are whole or absent: written beside their name, synced, then renamed."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .errors import ResourcesExhausted, Stopped

# No space, quota reached, larger than the process may write.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOOK_AGAIN_SECONDS: Final = 0.1


@contextmanager
def full_disk_named(what: str, remedy: str) -> Iterator[None]:
    """Turn the error of a full disk into a reason for people: what could not be written and what would help."""
    try:
        yield
    except OSError as problem:
        if problem.errno not in _FULL:
            raise
        raise ResourcesExhausted(f"the disk is full: {what} could not be written; {remedy}") from problem


def bytes_write(data: bytes, path: Path) -> None:
    """Write bytes; after a crash the file is either whole or absent."""
    partial = unfinished(path)
    partial.write_bytes(data)
    publish(partial, path)


def unfinished(path: Path) -> Path:
    """Return the name under which this process writes a file before it is published."""
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


def publish(partial: Path, path: Path) -> None:
    """Give a finished file its name, once its bytes are on the disk."""
    with partial.open("rb") as handle:
        os.fsync(handle.fileno())
    partial.replace(path)


def folder_publish(partial: Path, path: Path) -> None:
    """Give a finished folder its name; its files are on the disk already, here their names get there."""
    _sync_folder(partial)
    partial.rename(path)
    _sync_folder(path.parent)


@contextmanager
def locked(path: Path, *, stopping: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Hold a lock file, so that one process of this machine works where the others wait for its result.

    The kernel lets go of it when its holder dies, however it dies. Raises Stopped while waiting.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if stopping():
                    raise Stopped("stopped while waiting for another process that prepares the same data") from None
                time.sleep(_LOOK_AGAIN_SECONDS)
        yield


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
