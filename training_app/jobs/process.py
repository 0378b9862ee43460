"""The training process as a job's child: its events, how it ends, and what its end means for the job."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import SIGKILL
from typing import Any, Final

from pixelhub.jobs.base import JobAttemptFailed, JobContext, JobError
from training_app.learn.events import parse_event

REFUSED_CODES: Final = frozenset({2, 3})
KILLED_CODE: Final = 128 + SIGKILL
# What another attempt on the same machine would only meet again.
HOPELESS: Final = frozenset({"disk_full", "out_of_memory"})
KILLED: Final = (
    "The training process was killed (signal 9); most often the machine has run out of memory. "
    "A smaller batch with accumulation, fewer tokens or an adapter method needs less."
)
DISK_FULL: Final = "The disk of the worker is full. Free some space, then resume: what is done is kept."


class EventReader:
    """Hands the JSON lines of the training process to methods named `_on_<event>`; anything else is no event."""

    def __init__(self, ctx: JobContext) -> None:
        self.ctx = ctx
        self.refusal = ""
        self.failure = ""
        self.failure_kind = ""

    def __call__(self, line: str) -> None:
        event = parse_event(line)
        if event is None:
            return
        handle: Callable[[dict[str, Any]], None] | None = getattr(self, f"_on_{event['event']}", None)
        if handle is not None:
            handle(event)

    def _on_refused(self, event: dict[str, Any]) -> None:
        self.refusal = str(event["reason"])

    def _on_failed(self, event: dict[str, Any]) -> None:
        self.failure, self.failure_kind = str(event["reason"]), str(event["kind"])


def run_learn(
    ctx: JobContext, arguments: list[str], reader: EventReader, *, on_tick: Callable[[int], None] | None = None
) -> None:
    """Run `python -m training_app.learn` to its end.

    Raises JobError for what another attempt cannot mend, JobAttemptFailed for what it may.
    """
    argv = [sys.executable, "-m", "training_app.learn", *arguments]
    code = ctx.run_child(argv, on_line=reader, on_tick=on_tick)
    if not code:
        return
    if reader.refusal or code in REFUSED_CODES:
        raise JobError(f"Refused: {reader.refusal or 'no reason was given'}.")
    if reader.failure:
        raise (JobError if reader.failure_kind in HOPELESS else JobAttemptFailed)(reader.failure)
    raise JobAttemptFailed(KILLED if code == KILLED_CODE else f"The training process ended with code {code}.")


@contextmanager
def disk_full_explained() -> Iterator[None]:
    """Turn a full disk of the job's own process into a reason for people."""
    try:
        yield
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise JobError(DISK_FULL) from problem
        raise
