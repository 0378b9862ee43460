"""When a round will be done, from how many labels came per day. No Django here.

Method: a double bootstrap. Each of many replicates first draws as many past days as there are, with replacement (how
well the pace is known), then draws days from these until the remaining labels are in (how days differ). Idle days
count, so weekends are in it; people who come or leave are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_DAYS = 3
REPLICATES = 2000
HORIZON = 730  # days; later is "not foreseeable"


@dataclass(frozen=True)
class Finish:
    """Days from now: the middle of the estimate and its 90% interval; `high` is None where no end is foreseeable."""

    low: int
    middle: int
    high: int | None


def finish_in(daily: Sequence[int], remaining: int, *, seed: int = 0, level: float = 0.9) -> Finish | None:
    """Estimate in how many whole days `remaining` labels come, given the labels of past days, oldest first.

    None with fewer than three days of which some saw work: not enough data.
    """
    if remaining <= 0:
        return Finish(0, 0, 0)
    past = np.asarray(daily, dtype=np.int64)
    if len(past) < LEAST_DAYS or np.count_nonzero(past) < LEAST_DAYS - 1:
        return None
    generator = np.random.default_rng(seed)
    histories = generator.choice(past, size=(REPLICATES, len(past)))
    reached = np.full(REPLICATES, HORIZON + 1)
    done = np.zeros(REPLICATES, dtype=np.int64)
    rows = np.arange(REPLICATES)
    for day in range(1, HORIZON + 1):
        done += histories[rows, generator.integers(0, len(past), size=REPLICATES)]
        reached[(done >= remaining) & (reached > HORIZON)] = day
        if (reached <= HORIZON).mean() > 0.999:
            break
    low, middle, high = np.quantile(reached, [(1 - level) / 2, 0.5, (1 + level) / 2], method="closest_observation")
    return Finish(int(low), int(middle), int(high) if high <= HORIZON else None)
