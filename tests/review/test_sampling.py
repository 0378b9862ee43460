"""The sample over-represents what hurts, and the weights take that back exactly."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.evidence.estimates import stratified_share
from review.evidence.sampling import Prediction, draw_sample

TYPES = ("immediate_harm", "self_harm", "panic", "none")


def population(count: int, seed: int = 7) -> list[Prediction]:
    rng = random.Random(seed)
    found = []
    for number in range(count):
        true_type = rng.choice(TYPES)
        wrong = rng.random() < 0.1
        crisis = (true_type != "none") != wrong
        predicted = true_type if rng.random() < 0.9 else rng.choice(TYPES)
        severity = None if true_type == "none" else rng.randint(1, 5)
        found.append(Prediction(f"r{number}", true_type, severity, predicted, crisis, rng.random(), rng.random() < 0.1))
    return found


def agrees(unit: Prediction) -> bool:
    """A made-up expert's verdict, tied to the error kind and to severity, so that a biased draw would show."""
    return unit.error_kind == "correct" or (unit.true_severity or 0) >= 4


def test_the_weighted_estimate_is_unbiased() -> None:
    units = population(400)
    truth = sum(agrees(unit) for unit in units) / len(units)
    rounds = 600
    horvitz_thompson = stratified = unweighted = 0.0
    for seed in range(rounds):
        sample = draw_sample(units, size=60, seed=seed)
        judged: dict[str, list[float]] = defaultdict(list)
        for case in sample.cases:
            judged[case.stratum].append(float(agrees(case.prediction)))
            horvitz_thompson += case.weight * agrees(case.prediction) / len(units)
            unweighted += agrees(case.prediction) / len(sample.cases)
        estimate = stratified_share(sample.population, judged)
        assert estimate is not None
        stratified += estimate.value
    assert horvitz_thompson / rounds == pytest.approx(truth, abs=0.006)
    assert stratified / rounds == pytest.approx(truth, abs=0.006)
    assert abs(unweighted / rounds - truth) > 0.05, "without weights the over-sampling would show"


def test_every_unit_is_drawn_with_the_probability_its_weight_says() -> None:
    units = population(80, seed=3)
    rounds = 3000
    drawn: dict[str, int] = defaultdict(int)
    weights: dict[str, float] = {}
    for seed in range(rounds):
        for case in draw_sample(units, size=30, seed=seed).cases:
            drawn[case.prediction.key] += 1
            weights[case.prediction.key] = case.weight
    assert set(drawn) == {unit.key for unit in units}
    for key, count in drawn.items():
        assert count / rounds == pytest.approx(1 / weights[key], abs=0.05)


def test_misses_and_over_escalations_are_over_sampled() -> None:
    units = population(600)
    sample = draw_sample(units, size=100, seed=1)
    share = {kind: 0.0 for kind in ("miss", "over_escalation", "correct")}
    for kind in share:
        taken = sum(case.prediction.error_kind == kind for case in sample.cases)
        share[kind] = taken / sum(unit.error_kind == kind for unit in units)
    assert share["miss"] > share["over_escalation"] > share["correct"]


@settings(max_examples=60)
@given(count=st.integers(1, 120), size=st.integers(1, 150), seed=st.integers(0, 2**32))
def test_weights_always_add_up_to_the_population(count: int, size: int, seed: int) -> None:
    units = population(count, seed=count)
    sample = draw_sample(units, size=size, seed=seed)
    keys = [case.prediction.key for case in sample.cases]
    assert len(keys) == len(set(keys))
    assert len(keys) == min(size, count)
    assert sum(case.weight for case in sample.cases) == pytest.approx(count)
    assert sum(sample.population.values()) == count
    assert {case.stratum for case in sample.cases} == set(sample.population)


def test_the_same_seed_gives_the_same_sample() -> None:
    units = population(200)
    assert draw_sample(units, size=40, seed=5) == draw_sample(reversed(units), size=40, seed=5)


@pytest.mark.parametrize("size", [0, -3])
def test_an_empty_sample_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="at least one case"):
        draw_sample(population(10), size=size, seed=1)


@pytest.mark.parametrize(("size", "strata"), [(3, {"all"}), (4, {"miss", "over_escalation", "wrong_type", "correct"})])
def test_a_small_sample_is_drawn_from_coarser_strata(size: int, strata: set[str]) -> None:
    sample = draw_sample(population(300), size=size, seed=1)
    assert len(sample.cases) == size
    assert set(sample.population) == strata


def test_an_empty_population_is_refused() -> None:
    with pytest.raises(ValueError, match="no test predictions"):
        draw_sample([], size=5, seed=1)


def test_a_prediction_given_twice_is_refused() -> None:
    unit = population(1)[0]
    with pytest.raises(ValueError, match="stands twice"):
        draw_sample([unit, unit], size=2, seed=1)
