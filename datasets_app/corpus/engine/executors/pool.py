"""Worker processes on this machine, each a fresh interpreter; one that dies is replaced and its task done again."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from .base import MAX_ATTEMPTS, TaskFailed
from .worker import DONE, read_frame, write_frame

_WORKER: Final = "datasets_app.corpus.engine.executors.worker"
# One thread per process: the cores are shared out among processes already.
_SINGLE: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
_PATIENCE_SECONDS: Final = 10


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    position: int = -1  # of the task it is at

    @property
    def answers(self) -> BinaryIO:
        return cast(BinaryIO, self.process.stdout)

    def send(self, position: int, payload: bytes) -> None:
        self.position = position
        # One that died while idle also ends its answers, and the task is given to another.
        with contextlib.suppress(BrokenPipeError):
            write_frame(cast(BinaryIO, self.process.stdin), DONE, payload)


class PoolExecutor:
    """Keeps `workers` processes (all cores by default) until it is closed."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.process.pid for worker in self._workers]

    def run(self, function: str, tasks: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        waiting = deque(range(len(tasks)))
        attempts = [0] * len(tasks)
        open_tasks = len(tasks)
        while len(self._workers) < min(self.workers, len(tasks)):
            self._start()

        def give(worker: _Worker) -> None:
            if not waiting:
                worker.position = -1
                return
            position = waiting.popleft()
            attempts[position] += 1
            worker.send(position, function.encode() + b"\0" + tasks[position])

        for worker in list(self._workers):
            give(worker)
        while open_tasks:
            for key, _ in self._selector.select():
                worker = cast(_Worker, key.data)
                position = worker.position
                answer = read_frame(worker.answers)
                if answer is None:
                    self._drop(worker)
                    if position >= 0:
                        if attempts[position] >= MAX_ATTEMPTS:
                            raise TaskFailed(f"{attempts[position]} workers died at the same unit of work")
                        waiting.appendleft(position)
                    give(self._start())
                    continue
                kind, data = answer
                if kind != DONE:
                    raise TaskFailed(data.decode("utf-8", "replace"))
                give(worker)
                open_tasks -= 1
                yield position, data

    def close(self) -> None:
        """End the workers: at once, for what they are at is either finished by a marker or done again."""
        for worker in list(self._workers):
            worker.process.kill()
            self._drop(worker)
        self._selector.close()

    def _start(self) -> _Worker:
        environment = {**os.environ, **_SINGLE, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(
            [sys.executable, "-m", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        worker = _Worker(process)
        self._workers.append(worker)
        self._selector.register(worker.answers, selectors.EVENT_READ, worker)
        return worker

    def _drop(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        self._selector.unregister(worker.answers)
        worker.answers.close()
        with contextlib.suppress(BrokenPipeError):
            cast(BinaryIO, worker.process.stdin).close()
        worker.process.wait(_PATIENCE_SECONDS)
