"""Whether the time of an act grows with the size of what it is given, or with its square. Counts processor time."""

import time
from collections.abc import Callable

#: Below this the clock's steps are seen rather than the work.
_SHORTEST = 0.02
_TRIES = 4


def grows_with_the_size(act: Callable[[int], object], small: int, large: int) -> bool:
    """Whether `act(large)` takes at most two and a half times what its size says, in one of several tries.

    A square would take `large / small` times that in every one; a neighbour on the same core does not.
    """
    act(min(small, 10_000))  # what is compiled or read at the first call
    allowed = 2.5 * large / small
    return any(_seconds(act, large) < allowed * max(_seconds(act, small), _SHORTEST) for _ in range(_TRIES))


def _seconds(act: Callable[[int], object], size: int) -> float:
    began = time.process_time()
    act(size)
    return time.process_time() - began
