"""When a run of hidden expert-labelled samples says that somebody has drifted, and the chart that shows it.

The plain rule "below the floor" would pause two of three people who label exactly as well as the qualification asks
(64% within 100 hidden samples at an accuracy of 0.85). So it takes both: a share below the floor, and so few met that
somebody at the expected accuracy would meet as few or fewer in one window of a hundred. Measured in
docs/qualification.md; `python -m annotation.agreement.watching` measures it again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt

import numpy as np

LEAST = 8  # hidden samples in the window before anything is said
UNLIKELY = 0.01  # of so few met, by chance, in one window
GROUP = 10  # hidden samples to a point of the chart


@dataclass(frozen=True)
class Point:
    """A group of consecutive hidden samples on the control chart, with limits for its size."""

    first: int
    last: int
    met: int
    n: int
    warning: float  # two sigma below the expected share
    action: float  # three sigma below it

    @property
    def share(self) -> float:
        return self.met / self.n

    @property
    def state(self) -> str:
        """`steady`, `warning` (below two sigma) or `out` (below three)."""
        if self.share < self.action:
            return "out"
        return "warning" if self.share < self.warning else "steady"


def has_drifted(outcomes: Sequence[bool], *, floor: float, expected: float, window: int) -> bool:
    """Whether the last `window` outcomes (oldest first; at least 8) lie below the floor, and not by chance alone."""
    recent = outcomes[-max(window, LEAST) :]
    n, met = len(recent), sum(recent)
    if n < LEAST or met / n >= floor:
        return False
    return at_most(met, n, max(expected, floor)) <= UNLIKELY


def at_most(met: int, n: int, share: float) -> float:
    """Chance of `met` or fewer of `n` (binomial)."""
    return sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(met + 1))


def control_points(outcomes: Sequence[bool], *, expected: float, group: int = GROUP) -> list[Point]:
    """A p-chart (Shewhart) over consecutive groups, oldest first; the last group may be smaller."""
    points = []
    for start in range(0, len(outcomes), group):
        part = outcomes[start : start + group]
        sigma = sqrt(expected * (1 - expected) / len(part))
        points.append(
            Point(
                first=start + 1,
                last=start + len(part),
                met=sum(part),
                n=len(part),
                warning=max(0.0, expected - 2 * sigma),
                action=max(0.0, expected - 3 * sigma),
            )
        )
    return points


def paused_share(
    accuracy: float, samples: int, *, floor: float, expected: float, window: int, people: int = 4000, seed: int = 1
) -> float:
    """Share of simulated people of this accuracy whom the rule pauses within so many hidden samples."""
    paused = np.zeros(people, dtype=bool)
    outcomes = np.random.default_rng(seed).random((people, samples)) < accuracy
    met = np.concatenate([np.zeros((people, 1), dtype=int), outcomes.cumsum(axis=1)], axis=1)
    for last in range(LEAST, samples + 1):
        n = min(last, max(window, LEAST))
        verdicts = [
            has_drifted([True] * k + [False] * (n - k), floor=floor, expected=expected, window=window)
            for k in range(n + 1)
        ]
        paused |= np.array(verdicts)[met[:, last] - met[:, last - n]]
    return float(paused.mean())


def main() -> None:
    """Print the table of docs/qualification.md: the default policy, by true accuracy and hidden samples answered."""
    sys.stdout.write("accuracy     20     40    100  hidden samples\n")
    for accuracy in (0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5):
        shares = [paused_share(accuracy, n, floor=0.75, expected=0.85, window=20) for n in (20, 40, 100)]
        sys.stdout.write(f"{accuracy:8.2f} " + " ".join(f"{share:6.1%}" for share in shares) + "\n")


if __name__ == "__main__":
    main()
