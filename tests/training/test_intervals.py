"""Intervals against published values."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from training_app.learn.evaluation import auc, macro_f1, ppv
from training_app.learn.intervals import bootstrap, clopper_pearson, wilson
from training_app.learn.verdicts import FAIL, INSUFFICIENT, PASS, Target, verdict


# Newcombe 1998 (Statistics in Medicine 17:857), table I: 95% intervals of 81/263, 15/148, 0/20 and 1/29.
@pytest.mark.parametrize(
    ("hits", "n", "exact", "score"),
    [
        (81, 263, (0.2527, 0.3676), (0.2553, 0.3662)),
        (15, 148, (0.0578, 0.1617), (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1684), (0.0, 0.1611)),
        (1, 29, (0.0009, 0.1776), (0.0061, 0.1718)),
    ],
)
def test_intervals_are_the_published_ones(
    hits: int, n: int, exact: tuple[float, float], score: tuple[float, float]
) -> None:
    interval = clopper_pearson(hits, n)
    assert (interval.low, interval.high) == pytest.approx(exact, abs=5e-5)
    assert wilson(hits, n) == pytest.approx(score, abs=5e-5)
    assert (interval.low, interval.high) == pytest.approx(proportion_confint(hits, n, method="beta"))


# design/training.md: positives needed for a one-sided bound above 95%.
@pytest.mark.parametrize(("missed", "needed"), [(0, 59), (1, 93), (3, 153), (5, 208), (10, 336)])
def test_sensitivity_passes_from_the_needed_number_of_positives_on(missed: int, needed: int) -> None:
    target = Target(0.95)
    assert verdict(target, clopper_pearson(needed - missed, needed), needed) == PASS
    assert verdict(target, clopper_pearson(needed - 1 - missed, needed - 1), needed - 1) == INSUFFICIENT


def test_verdict_fails_only_when_the_target_is_out_of_reach() -> None:
    assert verdict(Target(0.95), clopper_pearson(80, 100), 100) == FAIL
    assert verdict(Target(0.05, higher_is_better=False), clopper_pearson(20, 100), 100) == FAIL
    assert verdict(Target(0.05, higher_is_better=False), clopper_pearson(0, 100), 100) == PASS


def test_flawless_bootstrap_on_few_rows_is_no_pass() -> None:
    flawless = bootstrap(lambda rows: 1.0, np.zeros(20, dtype=np.int64), seed=1, resamples=50)
    assert verdict(Target(0.9, min_n=75), flawless, 20) == INSUFFICIENT
    assert verdict(Target(0.9, min_n=75), flawless, 80) == PASS


def test_bootstrap_keeps_strata_and_is_seeded() -> None:
    strata = np.array([0] * 30 + [1] * 10)
    sizes: set[int] = set()

    def statistic(rows: np.ndarray) -> float:
        sizes.add(int((strata[rows] == 1).sum()))
        return float(rows.mean())

    first, second = (bootstrap(statistic, strata, seed=5, resamples=40) for _ in range(2))
    assert sizes == {10}
    assert first == second
    assert first.low < first.high


def test_auc_and_macro_f1_are_those_of_scikit_learn() -> None:
    chance = np.random.default_rng(2)
    scores, crisis = np.round(chance.random(200), 1), chance.random(200) < 0.3
    assert auc(scores, crisis) == pytest.approx(roc_auc_score(crisis, scores))
    truth, predicted = chance.integers(0, 7, 200), chance.integers(0, 7, 200)
    assert macro_f1(truth, predicted) == pytest.approx(f1_score(truth, predicted, average="macro"))


def test_ppv_at_one_percent_is_sixteen() -> None:
    assert ppv(0.95, 0.05, prevalence=0.01) == pytest.approx(0.161, abs=5e-4)
    assert ppv(0.0, 0.0, prevalence=0.01) is None
