"""What a study may search, and what it finds before anything is trained."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_app.learn.config import TrainingConfig, config_as_dict, config_sha256
from training_app.learn.errors import ConfigInvalid
from training_app.learn.presets import METHODS, preset
from training_app.learn.search import Search
from training_app.learn.space import config_with, default_space, grid_points, space_as_dict, space_from
from training_app.learn.trials import TrialRecord

BASE = TrainingConfig()


@pytest.mark.parametrize("training_method", [method for method in METHODS if method != "distil"])
def test_the_plans_grid_has_eighteen_points_for_every_method(training_method: str) -> None:
    base = preset(training_method)
    space = space_from(default_space(training_method, "grid"), method="grid", base=base)
    points = grid_points(space)
    assert len(points) == 18
    assert len({config_sha256(config_with(base, point)) for point in points}) == 18
    space_from(default_space(training_method, "tpe"), method="tpe", base=base)


def test_fine_tuning_searches_the_rates_of_the_plan_and_heads_search_higher_ones() -> None:
    assert default_space("full", "grid")["optimisation.learning_rate"] == [1e-5, 3e-5, 5e-5]
    assert min(default_space("cached", "grid")["optimisation.learning_rate"]) > 1e-4


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        ({}, "empty"),
        ({"optimisation.pace": [1]}, "no optimisation.pace"),
        ({"learning_rate": [1e-3]}, "no learning_rate"),
        ({"optimisation.epochs": [0]}, "epochs"),
        ({"optimisation.epochs": [3, 3]}, "twice"),
        ({"optimisation.learning_rate": {"low": 1e-5, "high": 1e-3}}, "not a range"),
        ({"compute.threads": [1, 2]}, "not searched"),
        ({"decision.min_sensitivity": [0.9, 0.95]}, "not searched"),
        ({"optimisation.epochs": list(range(1, 40)), "optimisation.seed": list(range(1, 40))}, "1521 points"),
        ({"optimisation.epochs": [[3]]}, "not valid"),
    ],
)
def test_a_space_that_cannot_be_searched_says_why(space: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigInvalid, match=reason):
        space_from(space, method="grid", base=BASE)
    with pytest.raises(ConfigInvalid):
        space_from("{not json", method="tpe", base=BASE)


@given(
    st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=4, unique=True),
    st.sets(st.integers(1, 60), min_size=1, max_size=4),
)
def test_a_grid_is_every_combination_once_and_keeps_its_numbers_over_json(rates: list[float], epochs: set[int]) -> None:
    source = {"optimisation.learning_rate": rates, "optimisation.epochs": sorted(epochs)}
    space = space_from(source, method="grid", base=BASE)
    points = grid_points(space)
    assert len(points) == len(rates) * len(epochs) == len({json.dumps(point) for point in points})
    again = space_from(json.dumps(space_as_dict(space)), method="grid", base=BASE)
    assert grid_points(again) == points
    for point in points:
        parts = config_as_dict(config_with(BASE, point))
        assert parts["optimisation"]["epochs"] == point["optimisation.epochs"]
        assert parts["model"] == config_as_dict(BASE)["model"]


def record(number: int, params: dict[str, Any], value: float | None, state: str = "complete") -> TrialRecord:
    curve = [] if value is None else [{"epoch": epoch, "val_macro_f1": value * epoch / 3} for epoch in (1, 2, 3)]
    return TrialRecord(number, params, "0" * 64, state=state, value=value, curve=curve)  # type: ignore[arg-type]


def test_a_search_that_knows_some_trials_goes_on_with_the_others() -> None:
    space = space_from({"optimisation.epochs": [3, 4, 5]}, method="grid", base=BASE)
    known = [record(0, {"optimisation.epochs": 3}, 0.5), record(1, {"optimisation.epochs": 4}, None, "running")]
    search = Search(space, method="grid", max_trials=0, seed=1, known=known)
    assert search.next() == (1, {"optimisation.epochs": 4}), "one that was running is taken up first"
    assert search.next() == (2, {"optimisation.epochs": 5})
    assert search.next() is None


TPE_SPACE = {
    "optimisation.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "optimisation.batch_size": [16, 32],
}


def tpe_trials(count: int) -> list[TrialRecord]:
    """A search whose value is the better the nearer the rate is to 1e-3."""
    space = space_from(TPE_SPACE, method="tpe", base=BASE)
    search = Search(space, method="tpe", max_trials=count, seed=7, known=[])
    done = []
    while (proposal := search.next()) is not None:
        number, params = proposal
        value = 1.0 - abs(float(params["optimisation.learning_rate"]) - 1e-3) * 50
        pruned = any(search.should_prune(number, epoch, value * epoch / 3) for epoch in (1, 2, 3))
        ended = record(number, params, value, "pruned" if pruned else "complete")
        search.finish(ended)
        done.append(ended)
    assert set(search.importance()) == set(TPE_SPACE)
    return done


def test_tpe_draws_the_same_from_the_same_seed_and_ends_trials_below_the_median() -> None:
    trials = tpe_trials(16)
    assert [trial.number for trial in trials] == list(range(16))
    assert [trial.params for trial in tpe_trials(16)] == [trial.params for trial in trials]
    pruned = [trial.value for trial in trials if trial.state == "pruned"]
    complete = sorted(trial.value for trial in trials if trial.state == "complete")
    assert pruned
    assert max(pruned) < complete[-1]
    assert all(trial.state == "complete" for trial in trials[:4]), "the first have nothing to be compared with"


def test_tpe_tries_no_configuration_twice_and_ends_when_a_small_space_is_used_up() -> None:
    space = space_from({"optimisation.batch_size": [16, 32, 64]}, method="tpe", base=BASE)
    search = Search(space, method="tpe", max_trials=50, seed=1, known=[])
    tried = []
    while (proposal := search.next()) is not None:
        tried.append(proposal[1]["optimisation.batch_size"])
        search.finish(record(proposal[0], proposal[1], 0.5))
    assert sorted(tried) == [16, 32, 64]
