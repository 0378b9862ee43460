"""A worker's sign of life: a file in the var folder, touched by the loop that keeps everything else going. Django-free.

A worker answers no port, so what watches processes (Docker, Kubernetes) asks `python -m pixelhub.jobs.alive`: exit 1
where the file is missing or old. A database that is away does not make it old; a loop that hangs does.
"""

import contextlib
import os
import socket
import sys
import time
from pathlib import Path

#: Longer than one round of the loop takes with a slow database, shorter than anybody wants to wait for a restart.
OLD_AFTER_SECONDS = 120.0


def file_in(folder: Path) -> Path:
    """This machine's file; pods that share a var folder have names of their own."""
    return folder / f"worker.{socket.gethostname()}.alive"


def show_life(folder: Path) -> None:
    """Touch the file. A full or read-only disk must not end the worker: then the file grows old, and that is told."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        file_in(folder).touch()


def end_life(folder: Path) -> None:
    """Take the file away: a worker that stopped by itself is no worker that hangs."""
    with contextlib.suppress(OSError):
        file_in(folder).unlink(missing_ok=True)


def age_seconds(folder: Path) -> float | None:
    """How long ago the worker of this folder last showed life; None where it never did."""
    try:
        return max(0.0, time.time() - file_in(folder).stat().st_mtime)
    except OSError:
        return None


def main() -> int:
    folder = Path(os.environ.get("PIXELHUB_VAR_DIR") or Path(__file__).resolve().parents[2] / "var")
    age = age_seconds(folder)
    if age is None or age > OLD_AFTER_SECONDS:
        told = "no sign of life yet" if age is None else f"no sign of life for {age:.0f} s"
        sys.stderr.write(f"worker: {told} in {folder}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
