"""What the engines past one machine share: only so many tasks are handed out at a time, results come as they finish."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

_AHEAD_PER_WORKER: Final = 3


def windowed(
    tasks: Sequence[bytes],
    workers: int,
    submit: Callable[[bytes], Any],
    wait_one: Callable[[list[Any]], Any],
    result: Callable[[Any], bytes],
) -> Iterator[tuple[int, bytes]]:
    """Yield (position, result). `submit` hands a task out, `wait_one` returns one finished of the handles."""
    open_tasks: dict[Any, int] = {}
    following = 0
    while following < len(tasks) or open_tasks:
        while following < len(tasks) and len(open_tasks) < workers * _AHEAD_PER_WORKER:
            open_tasks[submit(tasks[following])] = following
            following += 1
        done = wait_one(list(open_tasks))
        yield open_tasks.pop(done), result(done)
