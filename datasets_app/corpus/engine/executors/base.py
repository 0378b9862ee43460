"""The protocol of executors. Tasks and results are bytes: nothing else crosses between processes or machines.

Every task is idempotent (see layout.once), so a task whose worker is lost is simply done again, by another worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, Protocol

Engine = Literal["inline", "pool", "dask", "ray"]
ENGINES: Final[tuple[Engine, ...]] = ("inline", "pool", "dask", "ray")
MAX_ATTEMPTS: Final = 4


class ExecutorError(RuntimeError):
    """The executor cannot work: its engine is not installed or not reachable."""


class TaskFailed(ExecutorError):
    """A task raised an error, or its workers died again and again."""


class Executor(Protocol):
    """Runs one function over many tasks. `function` is "package.module:name" of a function from bytes to bytes."""

    @property
    def workers(self) -> int:
        """How many tasks can run at once."""

    def run(self, function: str, tasks: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        """Yield (position of the task, its result) as tasks finish, in any order. Raises TaskFailed."""

    def close(self) -> None:
        """Stop the workers."""


def make_executor(engine: Engine, *, workers: int | None = None, address: str = "") -> Executor:
    """Return an executor. `address` is that of a running dask scheduler or Ray head. Raises ExecutorError."""
    if engine == "inline":
        from .inline import InlineExecutor

        return InlineExecutor()
    if engine == "pool":
        from .pool import PoolExecutor

        return PoolExecutor(workers)
    if engine == "dask":
        from .dask import DaskExecutor

        return DaskExecutor(workers, address)
    from .ray import RayExecutor

    return RayExecutor(workers, address)
