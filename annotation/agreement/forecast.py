"""What more samples would do: how a round ends, and at which size a question of this kind is settled.

Two statements, each with its assumption:

`outlook`: how this round stands with `at` samples. The samples to come are like those so far, and the true value is
known only as well as the interval says. So the estimate then scatters around today's by s * sqrt(1/n - 1/at), where s
is one sample's standard deviation.

`sizes`: if the true value *is* today's estimate, how large a fresh round must be to be settled in half of all cases and
in nine of ten. An interval narrows with the square root of the samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

from annotation.agreement.intervals import Interval

FEASIBLE = 20_000  # samples; what takes more is not settled by labelling
LIKELY = 0.9
NORMAL = NormalDist()
WIDTH_IN_SDS = 2 * NORMAL.inv_cdf(0.975)  # of a 95% interval


@dataclass(frozen=True)
class Outlook:
    """Chances that sum to 1: the interval then lies above the gate, below it, or across it."""

    at: int
    above: float
    below: float
    open: float


@dataclass(frozen=True)
class Sizes:
    """Samples of a round that is settled in half of all cases, and in nine of ten, if the true value is `assumed`.

    None where that is more than anybody labels (`FEASIBLE`).
    """

    assumed: float
    even: int | None
    likely: int | None


def outlook(estimate: float, interval: Interval, gate: float, items: int, at: int) -> Outlook:
    """How a round of `items` samples so far stands with `at` of them; now, when `at` is not larger."""
    at = max(at, items)
    shrink = sqrt(items / at)
    pass_above = gate + (estimate - interval.low) * shrink
    fail_below = gate - (interval.high - estimate) * shrink
    scatter = _sd(interval) * sqrt(1 - items / at)
    if scatter == 0:
        above, below = float(estimate > pass_above), float(estimate <= fail_below)
    else:
        later = NormalDist(estimate, scatter)
        above, below = 1 - later.cdf(pass_above), later.cdf(fail_below)
    return Outlook(at, above, below, max(0.0, 1 - above - below))


def sizes(estimate: float, interval: Interval, gate: float, items: int) -> Sizes:
    """The round sizes at which a true value of today's size is told from the gate."""
    distance = abs(estimate - gate)
    reach = estimate - interval.low if estimate > gate else interval.high - estimate
    return Sizes(
        estimate,
        _size(items, reach, distance),
        _size(items, reach + NORMAL.inv_cdf(LIKELY) * _sd(interval), distance),
    )


def _size(items: int, reach: float, distance: float) -> int | None:
    if distance <= 0 or reach <= 0 or (reach / distance) ** 2 * items > FEASIBLE:
        return None
    return max(2, ceil(items * (reach / distance) ** 2))


def _sd(interval: Interval) -> float:
    return (interval.high - interval.low) / WIDTH_IN_SDS
