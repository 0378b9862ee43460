"""Runs the tasks of one stage on an executor: what is complete is not done again, progress is told, cancel is heard."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from .executors import Executor
from .layout import read_marker
from .settings import CancelCheck, CompileCancelled, Progress, ProgressSink

_PACKAGE = "datasets_app.corpus.engine"


class Stages:
    """The stages of one compile."""

    def __init__(
        self, executor: Executor, progress: ProgressSink, cancelled: CancelCheck, package: str = _PACKAGE
    ) -> None:
        """`package` is where the functions of the tasks are."""
        self._executor = executor
        self._package = package
        self._progress = progress
        self._cancelled = cancelled
        self.resumed: dict[str, int] = {}

    def run(
        self, stage: str, function: str, tasks: Sequence[Any], *, weights: Sequence[int] | None = None, unit: str
    ) -> Iterator[tuple[int, bytes]]:
        """Yield (position, result) of every task, those of an earlier run first. Raises CompileCancelled.

        `tasks` are structures with a `stem`; `weights` says how much of `unit` each one is (1 by default).
        """
        sizes = list(weights) if weights is not None else [1] * len(tasks)
        total, done, fresh = sum(sizes), 0, 0
        self.check()
        waiting = []
        for position, task in enumerate(tasks):
            found = read_marker(Path(f"{task.stem}.done"))
            if found is None:
                waiting.append(position)
            else:
                done += sizes[position]
                yield position, found
        self.resumed[stage] = len(tasks) - len(waiting)
        began = time.monotonic()
        self._tell(stage, done, total, unit, fresh, began)
        encoded = [msgspec.json.encode(tasks[position]) for position in waiting]
        for place, result in self._executor.run(f"{self._package}.{function}", encoded):
            position = waiting[place]
            done += sizes[position]
            fresh += sizes[position]
            self._tell(stage, done, total, unit, fresh, began)
            yield position, result
            self.check()

    def check(self) -> None:
        """Raise CompileCancelled when somebody asked for it."""
        if self._cancelled():
            raise CompileCancelled("cancelled; what is finished stays in the work folder")

    def _tell(self, stage: str, done: int, total: int, unit: str, fresh: int, began: float) -> None:
        rate = fresh / max(1e-6, time.monotonic() - began)
        eta = (total - done) / rate if fresh else None
        self._progress(Progress(stage, done, total, unit, rate, eta))
