"""Sensitivity and over-escalation from a stratified sample: unbiased, and their intervals hold the truth."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.campaign_coverage import SCENARIOS, simulate
from review.evidence.consensus import Opinion, Standing, consensus_of
from review.evidence.rates import ENOUGH, Judged, screening_rates
from review.evidence.sampling import Prediction, allocate, draw_sample


def test_intervals_hold_the_truth_and_estimates_are_unbiased() -> None:
    """The promise is 93% to 97% over all scenarios, not for each: single ones lie on both sides of 95%.

    One scenario's 400 intervals would vary by 1.1 points and more (campaigns on one test set share its truth), which
    no bound two points wide can tell from a wrong interval. The seed is fixed: this never fails by chance. The
    benchmark shows with thousands of campaigns that the seed was not chosen for its answer (docs/review.md).
    """
    held = total = 0
    for scenario in SCENARIOS:
        for tally in simulate(scenario, repetitions=60, seed=1).values():
            assert abs(tally.bias) < 0.012, scenario.name
            assert tally.coverage > 0.85, scenario.name
            held, total = held + tally.held, total + tally.repetitions
    assert 0.93 <= held / total <= 0.97, f"{held} of {total}"


def cases(stratum: str, escalated: bool, *should: bool) -> list[Judged]:
    return [Judged(stratum, escalated, answer) for answer in should]


def test_a_test_set_that_was_read_whole_leaves_no_doubt() -> None:
    judged = cases("correct/panic", True, *[True] * 20) + cases("miss/panic", False, *[True] * 5)
    judged += cases("correct/none", False, *[False] * 19) + cases("over_escalation/none", True, False)
    population = {"correct/panic": 20, "miss/panic": 5, "correct/none": 19, "over_escalation/none": 1}
    rates = screening_rates(population, judged, seed=1)
    assert rates.sensitivity is not None and rates.over_escalation is not None
    assert (rates.sensitivity.low, rates.sensitivity.value, rates.sensitivity.high) == (0.8, 0.8, 0.8)
    assert rates.over_escalation.value == rates.over_escalation.high == pytest.approx(1 / 20)


def test_weights_count_and_what_nobody_read_shows() -> None:
    judged = cases("correct/panic", True, *[True] * 20) + cases("miss/panic", False, *[True] * 5)
    population = {"correct/panic": 380, "miss/panic": 20, "correct/none": 400}
    rates = screening_rates(population, judged, seed=1)
    assert rates.sensitivity is not None
    assert rates.sensitivity.value == pytest.approx(0.95)
    assert rates.sensitivity.low < 0.95 <= rates.sensitivity.high
    assert rates.sensitivity.coverage == pytest.approx(0.5)


def test_not_enough_data_is_an_answer() -> None:
    judged = cases("correct/panic", True, *[True] * (ENOUGH - 1))
    rates = screening_rates({"correct/panic": 50}, judged, seed=1)
    assert (rates.sensitivity, rates.over_escalation, rates.should, rates.should_not) == (None, None, ENOUGH - 1, 0)
    assert screening_rates({"correct/panic": 50}, [], seed=1).sensitivity is None


@settings(max_examples=60)
@given(counts=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 60), min_size=1), extra=st.integers(0, 80))
def test_inclusion_probabilities_add_up_to_the_sample(counts: dict[str, int], extra: int) -> None:
    wanted = min(len(counts) + extra, sum(counts.values()))
    taken = allocate(counts, len(counts) + extra)
    assert sum(counts[name] * (taken[name] / counts[name]) for name in counts) == pytest.approx(wanted)
    units = [
        Prediction(f"{name}{number}", "none", None, "none", False, 0.5, group=name)
        for name, count in counts.items()
        for number in range(count)
    ]
    sample = draw_sample(units, size=wanted, seed=extra)
    assert all(0 < case.inclusion_probability <= 1 for case in sample.cases)
    assert sum(1 / case.inclusion_probability for case in sample.cases) == pytest.approx(len(units))


OPINIONS = st.lists(st.tuples(st.booleans(), st.sampled_from(["panic", "self_harm"]), st.integers(1, 5)), max_size=7)


@given(said=OPINIONS)
def test_consensus_follows_the_majority_and_never_invents_one(said: list[tuple[bool, str, int]]) -> None:
    found = consensus_of([Opinion(*one) for one in said])
    for_it = sum(one[0] for one in said)
    if not said:
        assert found.standing == Standing.NONE
    elif 2 * for_it == len(said):
        assert found.standing == Standing.TIE and found.escalate is None
    else:
        assert found.escalate is (2 * for_it > len(said))
    decided = consensus_of([Opinion(*one) for one in said], Opinion(False, "none", None))
    assert (decided.standing, decided.escalate, decided.crisis_type) == (Standing.DECIDED, False, "none")
