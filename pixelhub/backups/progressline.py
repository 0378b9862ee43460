"""How far a command is: a line on standard error that is written over, where that is a terminal."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Any

from pixelhub.backups.gathering import Progress


def progress_line(stderr: Any) -> Progress:
    """A function for `say` of the services; says nothing where nobody looks."""
    if not sys.stderr.isatty():
        return lambda *told: None
    said_at = 0.0

    def say(done: int, total: int, note: str) -> None:
        nonlocal said_at
        if monotonic() - said_at < 0.2 and done != total:
            return
        said_at = monotonic()
        of = f" {done:,} of {total:,}" if total else ""
        stderr.write("\r" + f"{note}{of}"[:100].ljust(100), ending="\n" if total and done == total else "")
        stderr.flush()

    return say
