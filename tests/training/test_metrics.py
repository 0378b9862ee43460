"""Metrics against scikit-learn and statsmodels, intervals against published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from training_app.learn.calibration import brier_score, expected_calibration_error, reliability
from training_app.learn.comparison import compare_predictions, mcnemar
from training_app.learn.intervals import clopper_pearson
from training_app.learn.metrics.prevalence import at_prevalence, at_prevalences
from training_app.learn.metrics.ranking import (
    auc,
    auc_interval,
    average_precision,
    precision_recall_points,
    roc_points,
)
from training_app.learn.metrics.severity import mean_absolute_error, quadratic_kappa
from training_app.learn.metrics.types import (
    confusion_matrix,
    f1_by_type,
    macro_f1,
    mean_f1,
    precision_by_type,
    recall_by_type,
)

CHANCE = np.random.default_rng(2)
CRISIS = CHANCE.random(400) < 0.3
SCORES = np.round(np.clip(CHANCE.normal(0.35 + 0.3 * CRISIS, 0.2), 0, 1), 2)  # with ties


def test_areas_are_those_of_scikit_learn() -> None:
    assert auc(SCORES, CRISIS) == pytest.approx(reference.roc_auc_score(CRISIS, SCORES))
    assert average_precision(SCORES, CRISIS) == pytest.approx(reference.average_precision_score(CRISIS, SCORES))
    drawn = CHANCE.integers(0, 4, 400)
    weighted = reference.average_precision_score(CRISIS, SCORES, sample_weight=drawn)
    assert average_precision(SCORES, CRISIS, drawn) == pytest.approx(weighted)
    assert brier_score(SCORES, CRISIS) == pytest.approx(reference.brier_score_loss(CRISIS, SCORES))
    assert brier_score(SCORES, CRISIS, weights=drawn) == pytest.approx(
        reference.brier_score_loss(CRISIS, SCORES, sample_weight=drawn)
    )


def test_figures_of_types_and_severity_are_those_of_scikit_learn() -> None:
    truth, decided = CHANCE.integers(0, 7, 300), CHANCE.integers(0, 7, 300)
    assert macro_f1(truth, decided) == pytest.approx(reference.f1_score(truth, decided, average="macro"))
    drawn = CHANCE.integers(0, 4, 300)
    for weights in (None, drawn):
        counts = confusion_matrix(truth, decided, weights)
        assert (counts == reference.confusion_matrix(truth, decided, sample_weight=weights)).all()
        precision, recall, f1, _ = reference.precision_recall_fscore_support(truth, decided, sample_weight=weights)
        np.testing.assert_allclose(precision_by_type(counts), precision)
        np.testing.assert_allclose(recall_by_type(counts), recall)
        np.testing.assert_allclose(f1_by_type(counts), f1)
        assert mean_f1(counts) == pytest.approx(f1.mean())
        levels, said = truth % 5 + 1, decided % 5 + 1
        kappa = reference.cohen_kappa_score(levels, said, weights="quadratic", sample_weight=weights)
        assert quadratic_kappa(levels, said, weights) == pytest.approx(kappa)
        error = reference.mean_absolute_error(levels, said, sample_weight=weights)
        assert mean_absolute_error(levels, said, weights) == pytest.approx(error)
    same = np.full(9, 3)
    assert np.isnan(quadratic_kappa(same, same)), "one level alone says nothing"


def test_calibration_error_is_the_gap_of_the_bins() -> None:
    bins = reliability(SCORES, CRISIS)
    by_hand = sum(row["n"] * abs(row["mean_score"] - row["crisis_share"]) for row in bins) / len(SCORES)
    assert expected_calibration_error(SCORES, CRISIS) == pytest.approx(by_hand)
    twice = np.full(len(SCORES), 2)
    assert expected_calibration_error(SCORES, CRISIS, weights=twice) == pytest.approx(by_hand)


# Hanley and McNeil 1982 (Radiology 143:29), table I: 58 normal and 51 abnormal CT images rated 1 to 5. Stata's roctab
# documents DeLong's figures for it: area 0.8932, standard error 0.0307, 95% interval 0.83295 to 0.95339.
def test_delong_interval_is_the_published_one() -> None:
    normal, abnormal = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)
    ratings = np.repeat([1, 2, 3, 4, 5] * 2, [*normal, *abnormal]).astype(float)
    sick = np.repeat([False, True], [sum(normal), sum(abnormal)])
    assert auc(ratings, sick) == pytest.approx(0.8932, abs=5e-5)
    interval = auc_interval(ratings, sick)
    assert (interval.low, interval.high) == pytest.approx((0.83295, 0.95339), abs=5e-5)
    assert (interval.high - interval.low) / 2 / 1.959964 == pytest.approx(0.0307, abs=5e-5)


def test_delong_variance_is_that_of_all_pairs() -> None:
    wins = np.subtract.outer(SCORES[CRISIS], SCORES[~CRISIS])
    wins = (wins > 0) + 0.5 * (wins == 0)
    variance = wins.mean(1).var(ddof=1) / wins.shape[0] + wins.mean(0).var(ddof=1) / wins.shape[1]
    interval = auc_interval(SCORES, CRISIS)
    assert interval.high - interval.low == pytest.approx(2 * 1.959964 * variance**0.5, rel=1e-5)


def test_flawless_order_on_few_conversations_is_no_certainty() -> None:
    interval = auc_interval(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]))
    assert interval.low == pytest.approx(clopper_pearson(2, 2).low)
    assert interval.high == 1.0
    with pytest.raises(ValueError, match="both classes"):
        auc_interval(np.array([0.1]), np.array([True]))


def test_curves_are_thinned_and_true() -> None:
    scores, crisis = CHANCE.random(5000), CHANCE.random(5000) < 0.2
    false, true, _ = reference.roc_curve(crisis, scores, drop_intermediate=False)
    exact = {(round(f, 6), round(t, 6)) for f, t in zip(false, true, strict=True)}
    points = roc_points(scores, crisis)
    assert len(points) <= 102
    assert {(p["false_positive_rate"], p["sensitivity"]) for p in points} <= exact
    ends = [(points[n]["false_positive_rate"], points[n]["sensitivity"]) for n in (0, -1)]
    assert ends == [(0.0, 0.0), (1.0, 1.0)]
    area = np.trapezoid([p["sensitivity"] for p in points], [p["false_positive_rate"] for p in points])
    assert area == pytest.approx(auc(scores, crisis), abs=0.005)
    precision, recall, _ = reference.precision_recall_curve(crisis, scores)
    exact = {(round(r, 6), round(p, 6)) for r, p in zip(recall, precision, strict=True)}
    found = precision_recall_points(scores, crisis)
    assert {(p["recall"], p["precision"]) for p in found} <= exact
    assert [p["recall"] for p in found] == sorted(p["recall"] for p in found)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_mcnemar_is_that_of_statsmodels(pairs: list[tuple[bool, bool]]) -> None:
    found = mcnemar(pairs)
    table = [[found.both_right, found.only_first], [found.only_second, found.as_dict()["both_wrong"]]]
    assert sum(map(sum, table)) == found.n == len(pairs)
    expected = statsmodels_mcnemar(table, exact=True).pvalue if found.only_first + found.only_second else 1.0
    assert found.p == pytest.approx(expected)
    assert mcnemar((second, first) for first, second in pairs).p == pytest.approx(found.p)


def test_predictions_are_paired_by_their_conversation() -> None:
    def row(key: int, true: str, said: str) -> dict[str, str]:
        return {"content_hash": str(key), "true_type": true, "predicted_type": said}

    first = [row(1, "panic", "panic"), row(2, "panic", "none"), row(3, "none", "none"), row(4, "none", "none")]
    second = [row(2, "panic", "self_harm"), row(3, "none", "none"), row(1, "panic", "none"), row(5, "none", "none")]
    found = compare_predictions(first, second)
    assert (found["all"]["n"], found["all"]["only_first"], found["all"]["only_second"]) == (3, 1, 1)
    assert (found["crises"]["n"], found["others"]["n"], found["unpaired"]) == (2, 1, 2)
    relabelled = compare_predictions([row(1, "panic", "panic")], [row(1, "none", "none")])
    assert (relabelled["all"]["n"], relabelled["unpaired"]) == (0, 1)


def test_prevalence_table_says_what_a_rate_means() -> None:
    sensitivity, false = {"value": 0.95, "low": 0.9, "high": 0.98}, {"value": 0.05, "low": 0.03, "high": 0.08}
    row = at_prevalence(sensitivity, false, 0.01)
    # design/training.md: 16%, 59 alerts per 1,000
    assert (round(row["ppv"], 2), row["alerts_per_1000"], row["missed_per_1000"]) == (0.16, 59.0, 0.5)
    assert row["ppv_low"] < row["ppv"] < row["ppv_high"]
    assert [row["prevalence"] for row in at_prevalences(sensitivity, false)] == [0.001, 0.01, 0.05, 0.1]
    silent = {"value": 0.0, "low": 0.0, "high": 0.0}
    assert at_prevalence(silent, silent, 0.01)["ppv"] is None
