"""Does the tasks in this process, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .calling import call


class InlineExecutor:
    """No other process: for small inputs, for tests, and inside a job that has its own process."""

    workers = 1

    def run(self, function: str, tasks: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        for position, task in enumerate(tasks):
            yield position, call(function, task)

    def close(self) -> None:
        """Nothing to stop."""
