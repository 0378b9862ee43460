"""Units of work on Ray, an extra (pip install "pixelhub[ray]"): a running cluster, or processes on this machine."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any, Final

from .base import MAX_ATTEMPTS, ExecutorError, TaskFailed
from .calling import call
from .windowed import windowed

# Results are a few hundred bytes; this is the smallest store that Ray starts with.
_STORE_BYTES: Final = 80 << 20


class RayExecutor:
    """`address` of a running head ("host:6379" or "auto"), or "" for `workers` processes on this machine."""

    def __init__(self, workers: int | None = None, address: str = "") -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            raise ExecutorError('Ray is not installed; it is an extra: pip install "pixelhub[ray]"') from None
        self._ray = ray
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        try:
            if address:
                ray.init(address=address, **quiet)
            else:
                cores = workers or len(os.sched_getaffinity(0))
                ray.init(num_cpus=cores, include_dashboard=False, object_store_memory=_STORE_BYTES, **quiet)
        except (OSError, ConnectionError, RuntimeError, ValueError) as error:
            raise ExecutorError(f"no Ray cluster at {address or 'this machine'} ({type(error).__name__})") from None
        self.workers = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def run(self, function: str, tasks: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        ray = self._ray
        remote = ray.remote(num_cpus=1, max_retries=MAX_ATTEMPTS - 1)(call)

        def wait_one(handles: list[Any]) -> Any:
            return ray.wait(handles, num_returns=1)[0][0]

        def result(handle: Any) -> bytes:
            try:
                return bytes(ray.get(handle))
            except ray.exceptions.RayError as error:
                raise TaskFailed(f"a unit of work ended with {type(error).__name__}") from None

        yield from windowed(tasks, self.workers, lambda task: remote.remote(function, task), wait_one, result)

    def close(self) -> None:
        """Leave the cluster; one that was started here is stopped."""
        self._ray.shutdown()
