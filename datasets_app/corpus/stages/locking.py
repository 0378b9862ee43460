"""One build at a time in a work folder: the second one is refused at once, and a killed one holds nothing."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from datasets_app.corpus.engine import CompileError

LOCK: Final = "LOCK"


@contextmanager
def held(workdir: Path) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it when the process ends, however it does.

    Raises CompileError while another build holds it.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    with (workdir / LOCK).open("wb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CompileError(
                f"another build is at work in {workdir.name}: wait for it, or take another folder"
            ) from None
        yield
