"""The figures of fairness against published, hand-computed and fairlearn's values, and the laws that they keep."""

from __future__ import annotations

import random
from typing import Any

import pytest
from fairlearn.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalized_odds_difference,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from review.fairness.attributes import attribute_figures
from review.fairness.calibration import calibration_of
from review.fairness.groups import GroupedDecision, groups_of
from review.fairness.levels import advice, judged_bias, judged_difference, judged_ratio
from review.fairness.report import fairness_report, figures_of
from review.fairness.representation import representation
from review.fairness.shares import Apart, Share, newcombe, smallest_ratio, widest_difference
from review.fairness.text_bias import Spoken, text_bias

# Per group: crises caught, crises missed, calm conversations flagged, calm ones left alone.
TABLE = {"man": (45, 5, 10, 90), "woman": (60, 40, 20, 80)}


def decisions(table: dict[str, tuple[int, int, int, int]], *, score: float | None = None) -> list[GroupedDecision]:
    found = []
    for value, (caught, missed, alarms, calm) in table.items():
        kinds = [(True, True)] * caught + [(True, False)] * missed + [(False, True)] * alarms + [(False, False)] * calm
        for number, (crisis, flagged) in enumerate(kinds):
            shown = score if score is not None else (0.9 if flagged else 0.1)
            found.append(GroupedDecision(f"{value}-{number}", crisis, flagged, shown, {"gender": value}))
    return found


def figures(made: list[GroupedDecision]) -> dict[str, dict[str, Any]]:
    return {figure["figure"]: figure for figure in attribute_figures(made, "gender", seed=1)["figures"]}


def report(made: list[GroupedDecision], **kwargs: Any) -> dict[str, Any]:
    given_facts = {"train": None, "reference": {}, "spoken": [], "sessions": {}, "facts": {}, "seed": 1} | kwargs
    return fairness_report(made, **given_facts)


def test_the_interval_of_a_difference_is_that_of_newcombes_table() -> None:
    # Newcombe 1998, Statistics in Medicine 17:873, table II, method 10: (a) 56/70 and 48/80, (g) 9/10 and 3/10,
    # (h) 10/10 and 0/20.
    published = [((56, 70, 48, 80), (0.0524, 0.3339)), ((9, 10, 3, 10), (0.1705, 0.8090))]
    for (a, m, b, n), (low, high) in [*published, ((10, 10, 0, 20), (0.6791, 1.0))]:
        assert newcombe(Share(a, m), Share(b, n)) == pytest.approx((low, high), abs=6e-5)


def test_the_figures_are_those_of_the_table_computed_by_hand() -> None:
    found = figures(decisions(TABLE))
    # Flagged: 55 of 150 and 80 of 200. Caught: 45 of 50 and 60 of 100. Alarms: 10 of 100 and 20 of 100.
    assert found["demographic_parity_difference"]["value"] == pytest.approx(80 / 200 - 55 / 150, abs=1e-6)
    assert found["demographic_parity_ratio"]["value"] == pytest.approx((55 / 150) / (80 / 200), abs=1e-6)
    opportunity = found["equal_opportunity_difference"]
    assert (opportunity["value"], opportunity["lower_group"], opportunity["upper_group"]) == (0.3, "woman", "man")
    # Wilson: 45/50 -> 0.786398..0.956524, 60/100 -> 0.502003..0.690599; square and add.
    assert opportunity["low"] == pytest.approx(0.3 - (0.113602**2 + 0.090599**2) ** 0.5, abs=2e-6)
    assert opportunity["high"] == pytest.approx(0.3 + (0.056524**2 + 0.097997**2) ** 0.5, abs=2e-6)
    assert (opportunity["verdict"], opportunity["alert"]) == ("alert", "warning")
    assert found["equalised_odds_difference"]["value"] == 0.3  # the larger of 0.3 and 0.1
    assert found["equalised_odds_difference"]["low"] < opportunity["low"]  # it was looked at beside another one
    # Observed minus predicted: 50/150 - (55*0.9 + 95*0.1)/150 and 100/200 - (80*0.9 + 120*0.1)/200.
    man, woman = 50 / 150 - 59 / 150, 100 / 200 - 84 / 200
    assert found["calibration_difference"]["value"] == pytest.approx(woman - man, abs=1e-6)


def test_fairlearn_finds_the_same_points() -> None:
    table = TABLE | {"non-binary": (31, 4, 30, 41)}
    made = decisions(table)
    truth, flagged = [each.crisis for each in made], [each.flagged for each in made]
    groups = [each.groups["gender"] for each in made]
    found = figures(made)
    for name, oracle in {
        "demographic_parity_difference": demographic_parity_difference,
        "demographic_parity_ratio": demographic_parity_ratio,
        "equal_opportunity_difference": equal_opportunity_difference,
        "equalised_odds_difference": equalized_odds_difference,
    }.items():
        theirs = oracle(truth, flagged, sensitive_features=groups)
        assert found[name]["value"] == pytest.approx(theirs, abs=1e-6), name


cells = st.integers(0, 45)
groups_tables = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]), st.tuples(cells, cells, cells, cells), min_size=1, max_size=4
)


@given(groups_tables, st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_order_changes_nothing_and_every_point_lies_in_its_interval(
    table: dict[str, tuple[int, int, int, int]], chance: random.Random
) -> None:
    made = [each for each in decisions(table)]
    if not made:
        return
    mixed = made.copy()
    chance.shuffle(mixed)
    first = report(made)
    assert first == report(mixed)
    for figure in figures_of(first):
        if figure.get("value") is not None and "low" in figure:
            assert figure["low"] <= figure["value"] <= figure["high"] + 1e-9, figure
            assert figure["alert"] == "none" or figure["verdict"] in ("alert", "inconclusive")


@given(st.tuples(cells, cells, cells, cells).filter(lambda row: row[0] + row[1] >= 30 and row[2] + row[3] >= 30))
@settings(max_examples=10)
def test_groups_that_are_alike_show_no_difference_and_never_an_alert(row: tuple[int, int, int, int]) -> None:
    found = figures(decisions({"a": row, "b": row, "c": row}))
    for name, figure in found.items():
        assert figure["value"] == (1.0 if name == "demographic_parity_ratio" else 0.0)
        assert figure["verdict"] in ("pass", "inconclusive") and figure["alert"] == "none"


def test_a_small_group_is_no_answer_and_says_so() -> None:
    found = figures(decisions({"man": (29, 0, 10, 100), "woman": (1, 28, 10, 100)}))
    opportunity = found["equal_opportunity_difference"]
    assert (opportunity["verdict"], opportunity["value"]) == ("not_enough_data", None)
    assert found["equalised_odds_difference"]["verdict"] == "not_enough_data"
    assert found["demographic_parity_difference"]["verdict"] != "not_enough_data"  # 139 conversations each
    assert "Not enough data" in advice("equal_opportunity_difference", "not_enough_data", "none")


def test_the_widest_of_many_alike_groups_seldom_alarms() -> None:
    """Six groups of the same true share: the claim over all pairs holds in 95 of 100 worlds and more."""
    chance = random.Random(5)
    alarms = covered = 0
    for _ in range(200):
        shares = {str(n): Share(sum(chance.random() < 0.9 for _ in range(80)), 80) for n in range(6)}
        apart = widest_difference(shares)
        assert apart is not None
        covered += apart.low <= 0.0
        alarms += judged_difference(apart)[0] == "alert"
    assert covered >= 0.95 * 200 and alarms == 0


def test_verdicts_and_levels_follow_the_bounds() -> None:
    def apart(value: float, low: float, high: float) -> Apart:
        return Apart(value, low, high, "a", "b", 1)

    assert judged_difference(None) == ("not_enough_data", "none")
    assert judged_difference(apart(0.05, 0.0, 0.1)) == ("pass", "none")
    assert judged_difference(apart(0.05, 0.0, 0.2)) == ("inconclusive", "none")
    assert judged_difference(apart(0.15, 0.0, 0.3)) == ("inconclusive", "watch")
    assert judged_difference(apart(0.2, 0.11, 0.3)) == ("alert", "warning")
    assert judged_difference(apart(0.4, 0.21, 0.6)) == ("alert", "critical")
    assert judged_ratio(0.9, 0.8, 1.0) == ("pass", "none")
    assert judged_ratio(0.7, 0.5, 0.79) == ("alert", "warning")
    assert judged_ratio(0.3, 0.2, 0.5) == ("alert", "critical")
    assert judged_bias(0.0, 0.005, set()) == ("pass", "none")
    assert judged_bias(0.0, 0.1, set()) == ("inconclusive", "none")
    assert judged_bias(0.0, 0.1, {"low"}) == ("inconclusive", "watch")
    assert judged_bias(0.0, 0.1, {"high"}) == ("alert", "warning")
    assert judged_bias(0.0, 0.1, {"critical"}) == ("alert", "critical")


def test_a_ratio_of_nothing_flagged_anywhere_is_one() -> None:
    apart = smallest_ratio({"a": Share(0, 50), "b": Share(0, 60)})
    assert apart is not None and (apart.value, apart.high) == (1.0, 1.0) and apart.low < 0.8


def test_right_scores_leave_no_interval_of_zero_width() -> None:
    made = [GroupedDecision(str(n), n % 2 == 0, n % 2 == 0, float(n % 2 == 0), {}) for n in range(100)]
    low, high = calibration_of(made).interval()
    assert low < -0.02 and high > 0.02


def test_representation_is_judged_against_what_was_entered() -> None:
    test, train = {"woman": 20, "man": 80}, {"woman": 250, "man": 750}
    rows = {row["value"]: row for row in representation(test, train, {"woman": 0.5, "man": 0.48, "non-binary": 0.02})}
    assert (rows["woman"]["verdict"], rows["woman"]["alert"]) == ("alert", "warning")  # a quarter, half is served
    assert rows["man"]["verdict"] == "pass"
    assert (rows["non-binary"]["train"]["value"], rows["non-binary"]["alert"]) == (0.0, "critical")
    assert [row["verdict"] for row in representation(test, None, {})] == ["", ""]


def test_bias_is_counted_by_conversation_kind_and_group() -> None:
    plain = [Spoken(frozenset(), {"gender": "man"})] * 40
    found = [Spoken(frozenset({("gender", "high"), ("gender", "low")}), {"gender": "woman"})] * 30
    shown = text_bias([*plain, *found])
    gender = next(row for row in shown["kinds"] if row["kind"] == "gender")
    assert (gender["conversations"], gender["levels"]["high"], gender["levels"]["low"]) == (30, 30, 30)
    assert gender["share"]["value"] == pytest.approx(30 / 70, abs=1e-6)
    assert [row["conversations"] for row in shown["kinds"] if row["kind"] != "gender"] == [0] * 6
    (by_group,) = shown["by_group"]
    assert (by_group["value"], by_group["alert"]) == (1.0, "critical")


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ({"input": {"metadata": {"demographics": "34, woman"}}}, {"age": "25-39", "gender": "woman"}),
        ({"input": {"demographics": {"age": 17, "sex": "Male"}}}, {"age": "under 18", "gender": "man"}),
        ({"input": {"age": 70, "sex": "f", "lang": "pt"}}, {"age": "65 or more", "gender": "woman", "language": "pt"}),
        ({"input": {"metadata": {"race": "African American", "lang": "en"}}}, {"ethnicity": "black", "language": "en"}),
        ({"input": {"demographics": "Mary Miller, born 1990", "ethnicity": "Mary"}}, {}),
        ({"input": {"demographics": ["34"], "language": 7, "age": None}}, {}),
        ({"input": "a row of text"}, {}),
        ({}, {}),
    ],
)  # fmt: skip
def test_groups_are_read_out_of_metadata_by_short_lists_alone(metadata: dict[str, Any], found: dict[str, str]) -> None:
    assert groups_of(metadata) == found
