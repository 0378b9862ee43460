"""Intervals that never pretend, and verdicts that pass on the bound."""

from __future__ import annotations

import pytest

from review.evidence.estimates import Verdict, stratified_share, verdict_against, wilson


def test_wilson_reproduces_a_published_value() -> None:
    # Newcombe 1998, Statistics in Medicine 17: 81 of 263 gives 0.2553 to 0.3662.
    low, high = wilson(81 / 263, 263)
    assert (low, high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


def test_unanimous_experts_still_leave_room_for_doubt() -> None:
    estimate = stratified_share(
        {"miss/panic": 40, "correct/panic": 100}, {"miss/panic": [1.0] * 5, "correct/panic": [1.0] * 5}
    )
    assert estimate is not None
    assert estimate.value == 1.0
    assert 0.5 < estimate.low < 0.9


def test_a_population_read_whole_has_no_sampling_error() -> None:
    estimate = stratified_share({"miss/panic": 4}, {"miss/panic": [1.0, 0.0, 1.0, 1.0]})
    assert estimate is not None
    assert (estimate.value, estimate.low, estimate.high) == (0.75, 0.75, 0.75)


def test_strata_nobody_has_read_show_in_the_coverage() -> None:
    estimate = stratified_share({"a": 10, "b": 30}, {"a": [1.0, 0.0], "b": []})
    assert estimate is not None
    assert estimate.coverage == pytest.approx(0.25)
    assert estimate.n == 2


def test_nothing_judged_is_no_estimate() -> None:
    assert stratified_share({"a": 10}, {}) is None


@pytest.mark.parametrize(
    ("value", "low", "high", "above", "verdict"),
    [
        (None, None, None, True, Verdict.NOT_YET),
        (0.99, 0.96, 1.0, True, Verdict.PASS),
        (0.97, 0.91, 0.99, True, Verdict.INSUFFICIENT),
        (0.93, 0.90, 0.96, True, Verdict.INSUFFICIENT),
        (0.90, 0.85, 0.94, True, Verdict.FAIL),
        (0.01, 0.00, 0.04, False, Verdict.PASS),
        (0.01, 0.00, 0.08, False, Verdict.INSUFFICIENT),
        (0.09, 0.03, 0.12, False, Verdict.INSUFFICIENT),
        (0.12, 0.06, 0.18, False, Verdict.FAIL),
    ],
)
def test_a_verdict_is_taken_on_the_bounds(
    value: float | None, low: float | None, high: float | None, above: bool, verdict: Verdict
) -> None:
    target = 0.95 if above else 0.05
    assert verdict_against(value, target=target, low=low, high=high, above=above) is verdict


def test_counts_pass_by_themselves() -> None:
    assert verdict_against(5000, target=5000, inclusive=True) is Verdict.PASS
    assert verdict_against(4999, target=5000, inclusive=True) is Verdict.FAIL
    assert verdict_against(0, target=0, above=False, inclusive=True) is Verdict.PASS
