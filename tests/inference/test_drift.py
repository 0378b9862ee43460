"""Drift: what is scored against what the version in production was evaluated on, and what is said when it can't be."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from inference import selectors_drift
from inference.engine.drift import ENOUGH, DriftState, Histogram, by_chance, compared, kolmogorov_smirnov, psi
from inference.models import Deployment, ScoreBatch, ScoreLog
from inference.selectors_drift import KEPT, drift_facts, drift_of, drift_of_project
from pixelhub.metrics import catalogue as known
from tests.inference.alarming import score_row
from tests.inference.deployed import deploy
from tests.personas import World
from training_app.learn.reference import STEPS, reference_of
from training_app.models import Evaluation

pairs_of_counts = st.integers(1, 12).flatmap(
    lambda bins: st.tuples(*[st.lists(st.integers(0, 10**6), min_size=bins, max_size=bins).filter(any)] * 2)
)
SCORES = [number / 1000 for number in range(1000)]
REFERENCE = reference_of(score=SCORES, characters=[50 + n for n in range(1000)], messages=[1, 2, 3, 4] * 250)


def test_a_worked_example() -> None:
    # shares with half a count more in each bin: 100.5/201, 100.5/201 against 50.5/201, 150.5/201
    assert psi([100, 100], [50, 150]) == pytest.approx(0.24876 * 0.68818 + 0.24876 * 0.40381, abs=1e-4)
    assert psi([100, 100], [50, 150]) == pytest.approx(0.27164, abs=1e-4)
    assert kolmogorov_smirnov([100, 100], [50, 150]) == 0.25
    # chi-squared with nine degrees of freedom passes 16.919 once in twenty
    assert by_chance(10, 200, 200) == pytest.approx(0.16919, rel=0.005)
    assert by_chance(1, 200, 200) == 0


@given(pairs_of_counts)
def test_it_is_symmetric_never_negative_and_nothing_of_a_distribution_with_itself(
    both: tuple[list[int], list[int]],
) -> None:
    first, second = both
    assert psi(first, first) == kolmogorov_smirnov(first, first) == 0
    assert psi(first, second) >= 0
    assert psi(first, second) == pytest.approx(psi(second, first), abs=1e-9)
    assert 0 <= kolmogorov_smirnov(first, second) <= 1
    # as many more of everything is the same distribution, up to the half count a bin
    many = [1000 + count for count in first]
    assert psi(many, [10 * count for count in many]) < 1e-5


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300), st.lists(st.integers(0, 20_000), min_size=1, max_size=300))
def test_a_reference_has_rising_edges_and_no_empty_bin(scores: list[float], sizes: list[int]) -> None:
    told = reference_of(score=scores, characters=sizes, messages=sizes)
    for name, values in (("score", scores), ("characters", sizes), ("messages", sizes)):
        found = Histogram.read(told[name])
        assert found is not None
        assert found.n == len(values)
        assert all(found.counts)
        assert all(low < high for low, high in pairwise(found.edges))
        assert len(found.counts) <= 10
        # as the database will count: a bin holds what is up to its edge
        for place, edge in enumerate(found.edges):
            assert sum(found.counts[: place + 1]) == sum(value <= edge for value in values)
            assert edge / STEPS[name] == pytest.approx(round(edge / STEPS[name]))


def test_a_reference_that_was_written_by_hand() -> None:
    told = reference_of(score=[0.001, 0.002, 0.003, 0.57, 0.994], characters=[7, 7, 18], messages=[1, 1, 1])
    assert told["score"] == {"edges": [0.01, 0.57], "counts": [3, 1, 1]}
    assert told["characters"] == {"edges": [10], "counts": [2, 1]}
    assert told["messages"] == {"edges": [], "counts": [3]}


@pytest.mark.parametrize(
    "given_",
    [
        None,
        {"edges": [1]},
        {"edges": [2, 1], "counts": [1, 1, 1]},
        {"edges": [1], "counts": [1]},
        {"edges": ["1"], "counts": [1, 1]},
        {"edges": [float("nan")], "counts": [1, 1]},
        {"edges": [1], "counts": [-1, 1]},
    ],
)
def test_what_is_no_histogram_is_no_reference(given_: Any) -> None:
    assert Histogram.read(given_) is None


def test_a_shift_is_told_from_none_by_the_customary_bounds() -> None:
    reference = Histogram((0.5,), (500, 500))
    states = [compared("score", reference, Histogram((0.5,), (n, 1000 - n))).state for n in (500, 400, 340, 250, 100)]
    assert states == [*[DriftState.STEADY] * 2, DriftState.MOVED, DriftState.SHIFTED, DriftState.SHIFTED]


NOW = timezone.now()


def reference(deployment: Deployment, given_: Any = REFERENCE) -> None:
    Evaluation.objects.create(
        model_version=deployment.model_version,
        metrics={"reference": given_},
        sha256="0" * 64,
        test_set_sha256="0" * 64,
        use_number=1,
    )


def log(deployment: Deployment, scores: list[float], at: datetime | None = None, **fields: Any) -> None:
    """Answers with these scores of the model, one after another from `at` on, in sizes as in the reference."""
    batch = ScoreBatch.objects.create(project=deployment.project, count=len(scores), digest="0" * 64)
    ScoreLog.objects.bulk_create(
        score_row(
            deployment.project,
            "none",
            at=(at or NOW - timedelta(hours=2)) + timedelta(milliseconds=number),
            deployment=deployment,
            batch=batch,
            **({"model_score": score, "characters": 50 + number % 1000, "messages": 1 + number % 4} | fields),
        )
        for number, score in enumerate(scores)
    )


def told(now: datetime = NOW) -> dict[str, float]:
    return {labels["feature"]: value for metric, labels, value in drift_facts(now) if metric is known.DRIFT}


@pytest.fixture
def deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setattr(selectors_drift, "_known", {})
    return deploy(world)


@pytest.mark.django_db
def test_without_a_reference_or_with_too_few_answers_nothing_is_claimed(deployment: Deployment) -> None:
    drift = drift_of(deployment, NOW)
    assert {feature.state for feature in drift.features} == {DriftState.NO_REFERENCE}
    assert drift.state == "no_reference"
    reference(deployment)
    log(deployment, SCORES[: ENOUGH - 1])
    # none of these is an answer of this version's model to a client within the day
    log(deployment, SCORES[:50], model_score=None)
    log(deployment, SCORES[:50], scored_by=deployment.model_version.trainer)
    log(deployment, SCORES[:50], at=NOW - timedelta(hours=25))
    drift = drift_of(deployment, NOW)
    assert drift.answers == ENOUGH - 1
    assert {feature.state for feature in drift.features} == {DriftState.TOO_FEW}
    assert [feature.psi for feature in drift.features] == [None] * 3
    assert told() == {}


@pytest.mark.django_db
def test_a_shift_of_scores_is_seen_and_told_and_kept(deployment: Deployment) -> None:
    reference(deployment)
    log(deployment, SCORES)
    calm = drift_of_project(deployment.project, NOW)
    assert calm is not None
    assert (calm.state, calm.answers, calm.since) == (DriftState.STEADY, 1000, NOW - timedelta(days=1))
    for feature in calm.features:
        assert feature.psi == feature.ks == 0
        assert feature.reference is not None and feature.production is not None
        assert feature.production.counts == feature.reference.counts
    log(deployment, [0.8 + score / 10 for score in SCORES], at=NOW - timedelta(hours=1))
    # kept for a while, then asked anew
    assert drift_of_project(deployment.project, NOW + KEPT / 2) is calm
    assert told(NOW + KEPT / 2) == {"score": 0, "characters": 0, "messages": 0}
    later = told(NOW + KEPT)
    assert later["score"] > 0.25
    assert later["characters"] < 0.01
    drift = drift_of_project(deployment.project, NOW + KEPT)
    assert drift is not None
    assert [feature.state for feature in drift.features] == [DriftState.SHIFTED, DriftState.STEADY, DriftState.STEADY]
    Deployment.objects.update(retired_at=timezone.now())
    assert told(NOW + KEPT) == {}
    assert drift_of_project(deployment.project, NOW + KEPT) is None


@pytest.mark.django_db
def test_a_busy_half_hour_is_counted_by_its_first_answers(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(selectors_drift, "MOST_OF_A_SLICE", 300)
    reference(deployment)
    log(deployment, SCORES[:500], at=NOW - timedelta(minutes=29))
    log(deployment, SCORES[:50], at=NOW - timedelta(minutes=59))
    with django_assert_max_num_queries(52):
        drift = drift_of(deployment, NOW)
    assert drift.sampled
    assert drift.answers == 350
    score = drift.features[0].production
    assert score is not None
    # the first hundred thousandths are the first decile: 100 of the busy half hour, 50 of the other
    assert score.counts[:4] == (150 + 1, 100, 99, 0)
