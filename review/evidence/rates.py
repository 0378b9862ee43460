"""Sensitivity and over-escalation of a whole test set, from a stratified sample that experts judged.

Both are ratios of totals that are unknown: how many conversations are crises is itself estimated from the experts. The
point estimate is Hajek's (each judged case stands for N_h / n_h). Its interval is not built on a linearised variance:
the strata are small and what is looked for is rare, so that most show no such case and their variance would be zero.
Instead the unread rest of each stratum is drawn many times from what its judged cases allow, and the 2.5% and 97.5%
points of the resulting ratios are taken:

- a stratum of which all judged cases are alike keeps a little doubt, a Beta prior of PRIOR in all for strata of the
  same kind (what the model did, what the label says), shared by their size: with as much for each stratum, twenty
  strata without a finding would add up to findings that nobody made;
- where its cases differ, the spread is that of n_h - 1 degrees of freedom, as in a design-based variance;
- what was read is known: only the rest (N_h - n_h) is drawn, which is the finite-population correction.

`benchmarks/campaign_coverage.py` measures how often the intervals hold the truth (docs/review.md has the figures).
Sources: Cochran, Sampling Techniques (3rd ed.), 5 and 6; Rao and Ghosh, and Dean and Pagano 2015, on rare shares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from review.evidence.estimates import Estimate

PRIOR = 0.7
REPLICATES = 4000
#: Judged cases on the one side of a rate below which there is no number, only "not enough data".
ENOUGH = 10

Draws = NDArray[np.float64]
# A cell: (the model escalated, the experts would).
_CELLS = ((True, True), (True, False), (False, True), (False, False))


@dataclass(frozen=True, slots=True)
class Judged:
    """One case with a consensus: its stratum, what the model did and what should have happened."""

    stratum: str
    escalated: bool
    should: bool


@dataclass(frozen=True, slots=True)
class Rates:
    """Estimates over the test set; None where fewer than ENOUGH judged cases stand on that side.

    `sensitivity`: of what the experts would escalate, the share that the model did. `over_escalation`: of what they
    would not, the share that it escalated all the same. `should` and `should_not` say how many cases stand behind each.
    """

    sensitivity: Estimate | None
    over_escalation: Estimate | None
    should: int
    should_not: int


def screening_rates(population: Mapping[str, int], judged: Iterable[Judged], *, seed: int) -> Rates:
    """Rates over all strata in which somebody judged; `coverage` says which share of the test set those are.

    The same cases and seed give the same figures.
    """
    counts: dict[str, dict[tuple[bool, bool], int]] = defaultdict(lambda: dict.fromkeys(_CELLS, 0))
    for case in judged:
        counts[case.stratum][case.escalated, case.should] += 1
    should = sum(cells[cell] for cells in counts.values() for cell in _CELLS if cell[1])
    total = sum(sum(cells.values()) for cells in counts.values())
    if not total:
        return Rates(None, None, 0, 0)
    coverage = sum(population[name] for name in counts) / sum(population.values())
    point = dict.fromkeys(_CELLS, 0.0)
    for name, cells in counts.items():
        for cell in _CELLS:
            point[cell] += cells[cell] * population[name] / sum(cells.values())
    drawn = _draw(population, counts, np.random.default_rng(seed))
    sides = {True: should, False: total - should}
    found = {
        side: _estimate(point, drawn, side=side, n=count, coverage=coverage) if count >= ENOUGH else None
        for side, count in sides.items()
    }
    return Rates(found[True], found[False], should, total - should)


def _estimate(
    point: Mapping[tuple[bool, bool], float],
    drawn: Mapping[tuple[bool, bool], Draws],
    *,
    side: bool,
    n: int,
    coverage: float,
) -> Estimate:
    value = point[True, side] / (point[True, side] + point[False, side])
    of = drawn[True, side] + drawn[False, side]
    ratios = drawn[True, side][of > 0] / of[of > 0]
    low, high = np.quantile(ratios, [0.025, 0.975])
    return Estimate(value, min(float(low), value), max(float(high), value), n, coverage)


def _draw(
    population: Mapping[str, int],
    counts: Mapping[str, Mapping[tuple[bool, bool], int]],
    rng: np.random.Generator,
) -> dict[tuple[bool, bool], Draws]:
    sizes: dict[tuple[str, ...], int] = defaultdict(int)
    for name in counts:
        sizes[_kind(name)] += population[name]
    totals = {cell: np.zeros(REPLICATES) for cell in _CELLS}
    for name in sorted(counts):
        cells = _possible(name, counts[name])
        seen = np.array([counts[name][cell] for cell in cells], dtype=np.float64)
        judged = int(seen.sum())
        rest = max(0, population[name] - judged)
        doubt = PRIOR * population[name] / sizes[_kind(name)]
        differ = np.count_nonzero(seen) > 1
        known = seen * (max(judged - 2, 0.5) / judged) if differ else seen
        shares = rng.dirichlet(known + doubt, size=REPLICATES)
        unread = rng.multinomial(rest, shares)
        for number, cell in enumerate(cells):
            totals[cell] += seen[number] + unread[:, number]
    return totals


def _possible(name: str, counts: Mapping[tuple[bool, bool], int]) -> list[tuple[bool, bool]]:
    """The cells that a stratum can have: within one of error kind and type the model did the same to all."""
    if "/" not in name:
        return list(_CELLS)
    escalated = {cell[0] for cell, count in counts.items() if count}
    return [cell for cell in _CELLS if cell[0] in escalated]


def _kind(name: str) -> tuple[str, ...]:
    """Strata of one kind: the model did the same, and the label is on the same side."""
    error_kind, _, true_type = name.partition("/")
    if not true_type:
        return (name,)
    escalated = error_kind == "over_escalation" or (true_type != "none" and error_kind != "miss")
    return ("escalated" if escalated else "left", "none" if true_type == "none" else "crisis")
