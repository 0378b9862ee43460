"""A stratified sample of test predictions, with the weights that keep estimates honest.

Explicit strata are error kind x crisis type; inside a stratum the units are ordered by severity, edge case and
confidence and drawn by systematic sampling with a random start, which spreads the draw over those too. Misses and
over-escalations are over-sampled. Every unit of stratum h has inclusion probability n_h / N_h exactly (also where
the interval is fractional), so the weight N_h / n_h makes the Horvitz-Thompson mean unbiased.

Source: Cochran, Sampling Techniques (3rd ed.), chapters 5 and 8.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: How much likelier a case is drawn than a correct one: what hurts people, and what wears them out, first.
OVERSAMPLING: Mapping[str, float] = {"miss": 8.0, "over_escalation": 4.0, "wrong_type": 2.0, "correct": 1.0}
#: Units taken from every stratum, however small its share: one alone shows no spread.
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

    @property
    def error_kind(self) -> str:
        """`miss`, `over_escalation`, `wrong_type` (escalated, under another name) or `correct`."""
        if self.true_type != "none" and not self.crisis:
            return "miss"
        if self.true_type == "none":
            return "over_escalation" if self.crisis else "correct"
        return "correct" if self.predicted_type == self.true_type else "wrong_type"

    @property
    def stratum(self) -> str:
        return f"{self.error_kind}/{self.true_type}"


@dataclass(frozen=True, slots=True)
class SampledCase:
    """A drawn prediction; `weight` is how many predictions of its stratum it stands for (>= 1)."""

    prediction: Prediction
    stratum: str
    weight: float


@dataclass(frozen=True, slots=True)
class Sample:
    cases: tuple[SampledCase, ...]
    population: Mapping[str, int]  # stratum -> size, also of strata that were drawn whole


def draw_sample(predictions: Iterable[Prediction], *, size: int, seed: int) -> Sample:
    """Draw `size` cases (more when every stratum's minimum asks for it, fewer when there are fewer).

    The order of the result is random, so whoever judges only the first half has judged a random half.
    Raises ValueError for a size below 1, an empty population or a key given twice.
    """
    if size < 1:
        raise ValueError("a sample needs at least one case")
    strata: dict[str, list[Prediction]] = defaultdict(list)
    seen: set[str] = set()
    for prediction in predictions:
        if prediction.key in seen:
            raise ValueError(f"prediction {prediction.key} stands twice in the population")
        seen.add(prediction.key)
        strata[prediction.stratum].append(prediction)
    if not strata:
        raise ValueError("there are no test predictions to draw from")
    population = {name: len(strata[name]) for name in sorted(strata)}
    rng = random.Random(seed)  # noqa: S311  (a sample that anyone can draw again)
    cases: list[SampledCase] = []
    for name, take in allocate(population, size).items():
        units = sorted(strata[name], key=_implicit_order)
        weight = len(units) / take
        cases.extend(SampledCase(unit, name, weight) for unit in _systematic(units, take, rng))
    rng.shuffle(cases)
    return Sample(tuple(cases), population)


def allocate(population: Mapping[str, int], size: int) -> dict[str, int]:
    """How many to take from each stratum: the minimum first, the rest by size x over-sampling factor."""
    taken = {name: min(count, MINIMUM_PER_STRATUM) for name, count in population.items()}
    left = min(size, sum(population.values())) - sum(taken.values())
    while left > 0:
        open_strata = [name for name in population if taken[name] < population[name]]
        pull = {name: (population[name] * _factor(name)) / (taken[name] + 1) for name in open_strata}
        best = max(open_strata, key=lambda name: (pull[name], name))
        taken[best] += 1
        left -= 1
    return taken


def _factor(stratum: str) -> float:
    return OVERSAMPLING[stratum.split("/", 1)[0]]


def _implicit_order(unit: Prediction) -> tuple[int, bool, float, str]:
    return (unit.true_severity or 0, unit.is_edge_case, unit.confidence, unit.key)


def _systematic(units: Sequence[Prediction], take: int, rng: random.Random) -> list[Prediction]:
    """Equal-probability systematic draw: a random start, then every (N / n)-th unit."""
    step = len(units) / take
    start = rng.random() * step
    return [units[min(int(start + number * step), len(units) - 1)] for number in range(take)]
