"""Intervals, verdicts and forecasts against simulated rounds whose truth is known. Seeded, small; the large run is
`python -m annotation.agreement coverage`, its figures are in docs/agreement.md."""

import json

import numpy as np
import pytest

from annotation.agreement.__main__ import main
from annotation.agreement.coverage import coverage, estimates, value_of
from annotation.agreement.forecast import outlook, sizes
from annotation.agreement.intervals import Interval, bootstrap, verdict
from annotation.agreement.ratings import Ratings
from annotation.agreement.simulation import SKEWED, rater_table, simulated_round, skill_for, true_kappa

GATE = 0.85


def test_the_simulation_has_the_kappa_it_claims() -> None:
    generator = np.random.default_rng(2)
    for kappa in (0.3, 0.6, 0.885):
        assert true_kappa(skill_for(kappa)) == pytest.approx(kappa, abs=1e-9)
        [measured] = estimates(kappa, 40_000, 2, rounds=1, seed=int(generator.integers(99)))
        assert measured == pytest.approx(kappa, abs=0.01)
    assert rater_table(0.9).sum(axis=1) == pytest.approx(1) and SKEWED.sum() == pytest.approx(1)


@pytest.mark.parametrize(("items", "share"), [(100, 0.20), (400, 0.06), (600, 0.02)])
def test_a_true_0885_falls_below_the_gate_as_often_as_is_said(items: int, share: float) -> None:
    """experience.md, "On agreement, honestly": 100 samples fall below 0.85 in 20%, 400 in 6%, 600 in 2%."""
    found = estimates(0.885, items, 2, rounds=600, seed=items)
    assert (found < GATE).mean() == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(("kappa", "items", "raters"), [(0.6, 100, 2), (0.885, 100, 2), (0.885, 100, 3)])
def test_an_interval_holds_the_truth_about_as_often_as_it_promises(kappa: float, items: int, raters: int) -> None:
    found = coverage(kappa, items, raters, rounds=200, replicates=300, seed=6)
    assert found.rounds == 200 and found.covered + found.too_high + found.too_low == pytest.approx(1)
    assert 0.90 <= found.covered <= 0.99
    assert found.too_high <= 0.055  # what lets a round pass that should not


def test_a_round_at_the_gate_rarely_passes() -> None:
    assert coverage(GATE, 100, 2, rounds=200, replicates=300, seed=8).too_high <= 0.05


def test_perfect_agreement_on_few_samples_proves_nothing() -> None:
    def all_the_same(items: int) -> Interval:
        codes = np.repeat(np.arange(items)[:, None] % 2, 2, axis=1)
        ratings = Ratings(tuple(str(n) for n in range(items)), ("a", "b"), ("x", "y"), codes)
        found = bootstrap(ratings, "cohen_mean", replicates=50)
        assert found is not None and found.high == 1.0
        return found

    assert verdict(all_the_same(10), GATE) == "not yet settled"
    assert verdict(all_the_same(200), GATE) == "pass"
    assert all_the_same(20).low < all_the_same(40).low < 1


def test_the_sizes_are_settled_as_often_as_they_say() -> None:
    """From one round of 300 with a true kappa of 0.9: the forecast sizes settle a half and nine tenths."""
    generator = np.random.default_rng(12)
    skill = skill_for(0.9)
    width = np.mean([_width(simulated_round(generator, 300, 2, skill), n) for n in range(10)])
    forecast = sizes(0.9, Interval(0.9 - width * 0.55, 0.9 + width * 0.45, 300), GATE, 300)
    assert forecast.even is not None and forecast.likely is not None and forecast.even < forecast.likely

    def settled(items: int) -> float:
        rounds = (simulated_round(generator, items, 2, skill) for _ in range(150))
        found = (bootstrap(one, "cohen_mean", replicates=300, seed=n) for n, one in enumerate(rounds))
        return float(np.mean([verdict(interval, GATE) == "pass" for interval in found]))

    assert settled(forecast.even) == pytest.approx(0.5, abs=0.15)
    assert settled(forecast.likely) == pytest.approx(0.9, abs=0.08)


def test_the_outlook_is_calibrated() -> None:
    """Rounds of many true kappas, forecast at 100 samples for 300: what was given 70% happens in about 70%."""
    generator = np.random.default_rng(21)
    said, happened = [], []
    for number in range(150):
        whole = simulated_round(generator, 300, 2, skill_for(float(generator.uniform(0.75, 0.97))))
        first = whole.of_items(np.arange(300) < 100)
        early, late = (bootstrap(part, "cohen_mean", replicates=300, seed=number) for part in (first, whole))
        if early is None or late is None:
            continue
        found = outlook(value_of(first), early, GATE, 100, 300)
        assert found.above + found.below + found.open == pytest.approx(1)
        said.append((found.above, found.below))
        happened.append((verdict(late, GATE) == "pass", verdict(late, GATE) == "fail"))
    said_mean, happened_mean = np.mean(said, axis=0), np.mean(happened, axis=0)
    assert said_mean == pytest.approx(happened_mean, abs=0.07)
    sure = [late[0] for early, late in zip(said, happened, strict=True) if early[0] > 0.7]
    assert len(sure) > 10 and np.mean(sure) > 0.7


def test_what_is_settled_by_nobody_has_no_size() -> None:
    at_the_gate = sizes(0.85, Interval(0.8, 0.9, 1000), GATE, 100)
    assert at_the_gate.even is None and at_the_gate.likely is None
    close = sizes(0.852, Interval(0.8, 0.9, 1000), GATE, 400)
    assert close.likely is None
    now = outlook(0.9, Interval(0.87, 0.93, 1000), GATE, 100, 100)
    assert (now.above, now.below, now.open) == (1.0, 0.0, 0.0)


def test_the_command_prints_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "--rounds", "4", "--replicates", "20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["intervals"]) == 12 and [row["items"] for row in found["below_the_gate"]] == [100, 400, 600]
    assert main(["coverage", "--rounds", "2", "--replicates", "20"]) == 0
    assert "of rounds below 0.85" in capsys.readouterr().out


def _width(ratings: Ratings, seed: int) -> float:
    found = bootstrap(ratings, "cohen_mean", replicates=300, seed=seed)
    assert found is not None
    return found.high - found.low
