"""Files that are whole or absent: written beside their name, synced, then renamed."""

from __future__ import annotations

import os
from pathlib import Path


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
