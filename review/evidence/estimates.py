"""Shares estimated from weighted cases, with intervals, and what they say against a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from datasets_app.corpus.intervals import wilson as interval_of_hits

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its 95% interval; `n` cases stand behind it, `coverage` of the population is spoken for."""

    value: float
    low: float
    high: float
    n: int
    coverage: float = 1.0


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105  (a verdict)
    FAIL = "fail"
    NOT_YET = "not_yet"
    INSUFFICIENT = "insufficient_data"


def stratified_share(population: Mapping[str, int], judged: Mapping[str, Sequence[float]]) -> Estimate | None:
    """Share over the population from the judged units (values in 0-1) of each stratum.

    Strata in which nobody has judged yet are left out and show in `coverage`. None when nothing is judged.
    The interval is Wilson's with the effective sample size p(1-p)/var, var being the stratified variance with
    finite-population correction; where all agree, Kish's effective size stands in, so no interval has zero width
    unless the whole population was read.
    """
    covered = {name: values for name, values in judged.items() if values}
    size = sum(population[name] for name in covered)
    count = sum(len(values) for values in covered.values())
    if not size:
        return None
    share = sum(population[name] * _mean(values) for name, values in covered.items()) / size
    share = min(1.0, max(0.0, share))
    coverage = size / sum(population.values())
    if all(len(values) >= population[name] for name, values in covered.items()):
        return Estimate(share, share, share, count, coverage)
    low, high = wilson(share, _effective_size(population, covered, share, size))
    return Estimate(share, low, high, count, coverage)


def _effective_size(
    population: Mapping[str, int], covered: Mapping[str, Sequence[float]], share: float, size: int
) -> float:
    pooled = share * (1 - share)
    variance = 0.0
    for name, values in covered.items():
        total, taken = population[name], len(values)
        spread = _variance(values) if taken > 1 else pooled
        variance += (total / size) ** 2 * (1 - taken / total) * spread / taken
    if variance > 0 and pooled > 0:
        return pooled / variance
    weights = [(population[name] / len(values), len(values)) for name, values in covered.items()]
    return sum(w * n for w, n in weights) ** 2 / sum(w * w * n for w, n in weights)


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's 95% score interval for a share observed on `n` (possibly fractional, effective) units."""
    return interval_of_hits(share * n, n)


def verdict_against(
    value: float | None,
    *,
    target: float,
    low: float | None = None,
    high: float | None = None,
    above: bool = True,
    inclusive: bool = False,
) -> Verdict:
    """Pass when the worse bound clears the target, fail when not even the better one does, else `insufficient`.

    `above`: larger is better. Without bounds (a count, a measured fact) the value itself decides.
    `inclusive`: meeting the target exactly passes ("5,000+").
    """
    if value is None:
        return Verdict.NOT_YET
    sign = 1.0 if above else -1.0
    worse, better = (low, high) if above else (high, low)

    def clears(bound: float | None) -> bool:
        gap = sign * ((value if bound is None else bound) - target)
        return gap > 0 or (inclusive and gap == 0)

    if clears(worse):
        return Verdict.PASS
    return Verdict.INSUFFICIENT if clears(better) else Verdict.FAIL


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    mean = _mean(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)
