"""A stratified sample of test predictions, with the weights that keep estimates honest.

Explicit strata are error kind x crisis type (coarser for a small sample). Inside a stratum the units are ordered by
severity, edge case, demographics and confidence band, to and fro so that neighbours stay alike where one group ends,
and drawn by systematic sampling with a random start: that spreads the draw over those too. Misses and over-escalations
are over-sampled. Every unit of stratum h has inclusion probability n_h / N_h exactly (also where the interval is
fractional), so the weight N_h / n_h makes the Horvitz-Thompson mean unbiased.

Source: Cochran, Sampling Techniques (3rd ed.), chapters 5 and 8.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

#: The name of this design; a campaign keeps it, so that an older one is never read by a newer rule.
DESIGN = "stratified/2"
#: Where the probability of the predicted type counts as low, middling or high.
BANDS: tuple[tuple[str, float], ...] = (("low", 0.6), ("middling", 0.85), ("high", 1.01))
#: How much likelier a case is drawn than a correct one: what hurts people, and what wears them out, first.
OVERSAMPLING: Mapping[str, float] = {"miss": 8.0, "over_escalation": 4.0, "wrong_type": 2.0, "correct": 1.0}
#: Units taken from every stratum where the sample is large enough: one alone shows no spread.
MINIMUM_PER_STRATUM = 2


@dataclass(frozen=True, slots=True)
class Prediction:
    """One test prediction as the sampler sees it. `confidence` is the probability of the predicted type."""

    key: str
    true_type: str
    true_severity: int | None
    predicted_type: str
    crisis: bool
    confidence: float
    is_edge_case: bool = False
    group: str = ""  # demographics, where the record says any

    @property
    def band(self) -> str:
        """`low`, `middling` or `high` confidence."""
        return next(name for name, below in BANDS if self.confidence < below)

    @property
    def error_kind(self) -> str:
        """`miss`, `over_escalation`, `wrong_type` (escalated, under another name) or `correct`."""
        if self.true_type != "none" and not self.crisis:
            return "miss"
        if self.true_type == "none":
            return "over_escalation" if self.crisis else "correct"
        return "correct" if self.predicted_type == self.true_type else "wrong_type"


@dataclass(frozen=True, slots=True)
class SampledCase:
    """A drawn prediction with the probability (n_h / N_h of its stratum) with which it was drawn."""

    prediction: Prediction
    stratum: str
    inclusion_probability: float

    @property
    def weight(self) -> float:
        """How many predictions of its stratum it stands for (>= 1)."""
        return 1.0 / self.inclusion_probability


@dataclass(frozen=True, slots=True)
class Sample:
    cases: tuple[SampledCase, ...]
    population: Mapping[str, int]  # stratum -> size, also of strata that were drawn whole


def draw_sample(predictions: Iterable[Prediction], *, size: int, seed: int) -> Sample:
    """Draw `size` cases, or all where there are fewer. A small sample is drawn from coarser strata.

    The order of the result is random, so whoever judges only the first half has judged a random half.
    Raises ValueError for a size below 1, an empty population or a key given twice.
    """
    if size < 1:
        raise ValueError("a sample needs at least one case")
    units = _to_and_fro(predictions)
    if not units:
        raise ValueError("there are no test predictions to draw from")
    _refuse_repeated(units)
    strata = _finest_strata(units, size)
    population = {name: len(strata[name]) for name in sorted(strata)}
    rng = random.Random(seed)  # noqa: S311  (a sample that anyone can draw again)
    cases: list[SampledCase] = []
    for name, take in allocate(population, size).items():
        probability = take / population[name]
        cases.extend(SampledCase(unit, name, probability) for unit in _systematic(strata[name], take, rng))
    rng.shuffle(cases)
    return Sample(tuple(cases), population)


def allocate(population: Mapping[str, int], size: int) -> dict[str, int]:
    """How many to take from each stratum: a minimum first, the rest by size x over-sampling factor.

    `size` must be at least the number of strata: a stratum that is never drawn from would bias every estimate.
    """
    wanted = min(size, sum(population.values()))
    minimum = MINIMUM_PER_STRATUM
    if sum(min(count, minimum) for count in population.values()) > wanted:
        minimum = 1
    taken = {name: min(count, minimum) for name, count in population.items()}
    for _ in range(wanted - sum(taken.values())):
        pull = {
            name: count * _factor(name) / (taken[name] + 1) for name, count in population.items() if taken[name] < count
        }
        taken[max(pull, key=lambda name: (pull[name], name))] += 1
    return taken


def _finest_strata(units: Sequence[Prediction], size: int) -> dict[str, list[Prediction]]:
    """Error kind x type where the sample reaches them all, else error kind alone, else one stratum."""
    strata: dict[str, list[Prediction]] = {}
    for name_of in _LEVELS:
        strata = {}
        for unit in units:
            strata.setdefault(name_of(unit), []).append(unit)
        if len(strata) <= size:
            break
    return strata


_LEVELS: tuple[Callable[[Prediction], str], ...] = (
    lambda unit: f"{unit.error_kind}/{unit.true_type}",
    lambda unit: unit.error_kind,
    lambda unit: "all",
)


def _factor(stratum: str) -> float:
    return OVERSAMPLING.get(stratum.split("/", 1)[0], 1.0)


def _to_and_fro(predictions: Iterable[Prediction]) -> list[Prediction]:
    """Sorted by type, severity, edge case, demographics and band; every other group runs backwards."""
    units = sorted(predictions, key=lambda unit: (*_groups(unit), unit.confidence, unit.key))
    return _serpentine(units, 0)


def _serpentine(units: list[Prediction], depth: int) -> list[Prediction]:
    if depth == _DEPTH:
        return units
    found: list[Prediction] = []
    for number, (_, members) in enumerate(groupby(units, key=lambda unit: _groups(unit)[depth])):
        inner = _serpentine(list(members), depth + 1)
        found += inner[::-1] if number % 2 else inner
    return found


def _groups(unit: Prediction) -> tuple[str, str, int, bool, str, int]:
    band = [name for name, _ in BANDS].index(unit.band)
    return (unit.error_kind, unit.true_type, unit.true_severity or 0, unit.is_edge_case, unit.group, band)


_DEPTH = 6


def _refuse_repeated(units: Sequence[Prediction]) -> None:
    seen: set[str] = set()
    for unit in units:
        if unit.key in seen:
            raise ValueError(f"prediction {unit.key} stands twice in the population")
        seen.add(unit.key)


def _systematic(units: Sequence[Prediction], take: int, rng: random.Random) -> list[Prediction]:
    """Equal-probability systematic draw: a random start, then every (N / n)-th unit."""
    step = len(units) / take
    start = rng.random() * step
    return [units[min(int(start + number * step), len(units) - 1)] for number in range(take)]
