"""The operating point is found where it must be."""

import numpy as np
import pytest

from training_app.learn.calibration import (
    bounded_threshold,
    choose_threshold,
    crisis_scores,
    expected_calibration_error,
    fit_temperature,
    reliability,
)
from training_app.learn.intervals import clopper_pearson


def test_temperature_is_found_again() -> None:
    chance = np.random.default_rng(4)
    honest = chance.normal(size=(4000, 7)) * 2
    probabilities = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    targets = np.array([chance.choice(7, p=row) for row in probabilities])
    assert fit_temperature(honest * 3, targets) == pytest.approx(3, rel=0.05)


def test_temperature_stays_finite_on_separated_rows() -> None:
    assert fit_temperature(np.eye(7) * 3, np.arange(7)) == pytest.approx(0.25, abs=1e-3)


def test_threshold_keeps_the_sensitivity_and_takes_the_best_specificity() -> None:
    scores = np.array([0.1, 0.2, 0.55, 0.3, *np.linspace(0.6, 0.99, 19), 0.05])
    crisis = np.array([False] * 4 + [True] * 20)
    threshold = choose_threshold(scores, crisis, min_sensitivity=0.95)
    flagged = scores >= threshold
    assert flagged[crisis].mean() == 0.95
    assert not flagged[~crisis].any()
    assert 0.55 < threshold < 0.6


def test_threshold_does_not_give_up_crises_for_nothing() -> None:
    scores = np.array([0.1, 0.2, *np.linspace(0.5, 0.9, 40)])
    crisis = np.array([False] * 2 + [True] * 40)
    assert choose_threshold(scores, crisis, min_sensitivity=0.95) == pytest.approx(0.35)


def test_threshold_of_mixed_scores_is_the_best_of_all_thresholds() -> None:
    chance = np.random.default_rng(8)
    crisis = chance.random(300) < 0.4
    scores = np.clip(chance.normal(np.where(crisis, 0.65, 0.4), 0.15), 0, 1)
    flagged = scores >= choose_threshold(scores, crisis, min_sensitivity=0.9)
    best = max(
        (scores[~crisis] < candidate).mean() for candidate in scores if (scores[crisis] >= candidate).mean() >= 0.9
    )
    assert flagged[crisis].mean() >= 0.9
    assert (~flagged[~crisis]).mean() == pytest.approx(best)


def test_the_bound_of_the_sensitivity_holds_for_all_and_the_point_for_each_source() -> None:
    chance = np.random.default_rng(5)
    crisis = chance.random(3000) < 0.5
    groups = np.where(chance.random(3000) < 0.3, "real", "synthetic")
    shift = np.where(groups == "real", 0.12, 0.0)
    scores = np.clip(chance.normal(np.where(crisis, 0.7 - shift, 0.35), 0.12), 0, 1)
    threshold, asked = bounded_threshold(scores, crisis, groups, min_sensitivity=0.95)
    assert asked == ["all", "real", "synthetic"]
    found = scores[crisis] >= threshold
    assert clopper_pearson(int(found.sum()), len(found)).lower_bound >= 0.95
    for name in ("real", "synthetic"):
        assert (scores[crisis & (groups == name)] >= threshold).mean() >= 0.95
    # The source that is found worst sets it: one crisis fewer of its own and its share would not hold.
    real = scores[crisis & (groups == "real")]
    assert ((real >= threshold).sum() - 1) / len(real) < 0.95
    assert threshold < choose_threshold(scores, crisis, min_sensitivity=0.95)
    # With one kind of text alone the bound of all sets it, above the point estimate.
    alone, _ = bounded_threshold(scores, crisis, np.full(3000, "real"), min_sensitivity=0.95)
    found = np.sort(scores[crisis])
    missed = int((found < alone).sum()) + 1
    assert clopper_pearson(len(found) - missed, len(found)).lower_bound < 0.95


def test_a_source_with_few_crises_is_asked_nothing_of_its_own() -> None:
    scores = np.concatenate([np.linspace(0.5, 0.9, 100), np.full(19, 0.1), np.linspace(0.0, 0.4, 100)])
    crisis = np.arange(219) < 119
    groups = np.where((np.arange(219) >= 100) & crisis, "rare", "real")
    assert bounded_threshold(scores, crisis, groups, min_sensitivity=0.8)[1] == ["all", "real"]


def test_fifty_nine_crises_are_the_fewest_that_a_bound_can_be_asked_of() -> None:
    scores = np.concatenate([np.linspace(0.5, 0.9, 58), [0.1, 0.2]])
    crisis = np.arange(60) < 58
    groups = np.full(60, "real")
    point = choose_threshold(scores, crisis, min_sensitivity=0.95)
    assert bounded_threshold(scores, crisis, groups, min_sensitivity=0.95) == (point, [])
    more = np.concatenate([[0.45], scores]), np.concatenate([[True], crisis]), np.full(61, "real")
    threshold, asked = bounded_threshold(*more, min_sensitivity=0.95)
    assert asked == ["all", "real"]
    assert 0.2 < threshold <= 0.45


def test_calibration_error_of_a_small_worked_example() -> None:
    scores, crisis = np.array([0.05, 0.05, 0.95, 0.95]), np.array([False, True, True, True])
    assert expected_calibration_error(scores, crisis) == pytest.approx(0.5 * 0.45 + 0.5 * 0.05)
    assert [row["n"] for row in reliability(scores, crisis)] == [2, 2]


def test_score_is_one_minus_none() -> None:
    logits = np.array([[0.0, 0, 0, 0, 0, 0, np.log(6)]])
    assert crisis_scores(logits, 1.0) == pytest.approx([0.5])
