"""Units of work on dask.distributed: a running scheduler anywhere, or a cluster of processes on this machine.

Workers need the same code and see the same files under the same paths. A lost worker's task is given to another one by
the scheduler.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, Final

from .base import MAX_ATTEMPTS, ExecutorError, TaskFailed
from .calling import call
from .windowed import windowed

_START_SECONDS: Final = 10


class DaskExecutor:
    """`address` of a scheduler ("tcp://host:8786"), or "" for `workers` processes on this machine."""

    def __init__(self, workers: int | None = None, address: str = "") -> None:
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            raise ExecutorError("dask.distributed is not installed") from None
        self._cluster: Any = None
        try:
            if not address:
                self._cluster = LocalCluster(
                    n_workers=workers or len(os.sched_getaffinity(0)),
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    memory_limit=None,
                )
            self._client = Client(self._cluster or address, timeout=_START_SECONDS)
            self._client.wait_for_workers(1, timeout=_START_SECONDS)
        except (OSError, TimeoutError) as error:
            self.close()
            raise ExecutorError(f"no dask cluster at {address or 'this machine'} ({type(error).__name__})") from None

    @property
    def workers(self) -> int:
        """How many workers there are at the moment."""
        return max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))

    def run(self, function: str, tasks: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        from distributed import wait

        def wait_one(handles: list[Any]) -> Any:
            return next(iter(wait(handles, return_when="FIRST_COMPLETED").done))

        def submit(task: bytes) -> Any:
            return self._client.submit(call, function, task, pure=False, retries=MAX_ATTEMPTS - 1)

        def result(handle: Any) -> bytes:
            if handle.status != "finished":
                error = handle.exception()
                if isinstance(getattr(error, "__cause__", None), ModuleNotFoundError):
                    raise ExecutorError(
                        "a dask worker cannot import this code: start workers with PYTHONPATH set to it"
                    )
                raise TaskFailed(f"a unit of work ended with {type(error).__name__}")
            return bytes(handle.result())

        yield from windowed(tasks, self.workers, submit, wait_one, result)

    def close(self) -> None:
        """Leave the cluster; one that was started here is stopped."""
        if (client := getattr(self, "_client", None)) is not None:
            client.close()
        if self._cluster is not None:
            self._cluster.close()
