"""A round's report: who differs, in which direction, on what; severity and confidence; and nothing from too little."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from annotation.agreement import About, LabelRow, LabelSet, RatingError, round_report
from annotation.agreement.discussion import raters_in
from datasets_app.corpus.taxonomy import CRISIS_TYPES

PEOPLE = ("p1", "p2", "p3", "p4")


def label_set(rows: list[LabelRow], **about: About) -> LabelSet:
    plain = About("synthetic", False)
    return LabelSet.from_rows(rows, {row.item: about.get(row.item, plain) for row in rows})


def made_round(items: int = 240, careless: str = "p4", seed: int = 5) -> LabelSet:
    """Three of four people label each item; one of them often says `none` where the truth is passive ideation."""
    generator = np.random.default_rng(seed)
    rows, about = [], {}
    for number in range(items):
        truth = str(generator.choice(["none", "passive_ideation", "panic"], p=[0.5, 0.3, 0.2]))
        level = int(generator.integers(2, 5))
        for person in generator.choice(PEOPLE, 3, replace=False):
            wrong = generator.random() < (0.8 if person == careless and truth == "passive_ideation" else 0.03)
            said = ("none" if truth != "none" else "panic") if wrong else truth
            severity = None if said == "none" else level + (1 if person == "p1" else 0)
            confidence = 0.4 if wrong else 0.95
            rows.append(LabelRow(str(number), str(person), said, severity, confidence, number % 10 == 0))
        about[str(number)] = About("real" if number % 2 else "synthetic", False)
    return LabelSet.from_rows(rows, about)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return round_report(made_round(), planned=240, replicates=200, seed=1)


def test_the_one_who_differs_stands_out_alone(report: dict[str, Any]) -> None:
    assert [row["rater"] for row in report["by_rater"] if row["stands_out"]] == ["p4"]
    assert len(report["by_pair"]) == 6
    for row in report["by_rater"]:
        assert row["kappa"]["interval"]["low"] < row["kappa"]["value"] < row["kappa"]["interval"]["high"]
        assert row["kappa"]["items"] == row["labels"]


def test_equal_raters_rarely_stand_out() -> None:
    standing = [
        row["stands_out"]
        for seed in range(6)
        for row in round_report(made_round(120, "nobody", seed), planned=120, replicates=100)["by_rater"]
    ]
    assert sum(standing) <= 1


def test_who_says_what_instead_of_what(report: dict[str, Any]) -> None:
    first = report["directions"]["confusions"][0]
    assert (first["rater"], first["others"], first["said"]) == ("p4", "passive_ideation", "none")
    assert first["missed_crisis"] and first["share"]["interval"]["low"] < 0.8 < first["share"]["interval"]["high"]
    missed = [row["missed_crisis"] for row in report["directions"]["confusions"]]
    assert missed == sorted(missed, reverse=True)
    table = np.array(report["directions"]["table"])
    off = table.sum() - np.trace(table)
    assert off == sum(row["n"] for row in report["directions"]["confusions"])


def test_the_discussion_starts_where_harm_could_be_and_names_nobody(report: dict[str, Any]) -> None:
    assert report["contested"][0]["between"] == ["passive_ideation", "none"]
    assert set(report["disputed"][0]) == {"item", "types", "severities", "about"}
    assert "none" in report["disputed"][0]["types"]
    labels = label_set(
        [
            LabelRow("mild", "p1", "panic", 2, 0.7, False),
            LabelRow("mild", "p2", "none", None, 0.7, False),
            LabelRow("grave", "p1", "none", None, 0.7, False),
            LabelRow("grave", "p2", "immediate_harm", 5, 0.7, False),
            LabelRow("steps", "p1", "panic", 2, 0.7, False),
            LabelRow("steps", "p2", "panic", 4, 0.7, False),
            LabelRow("close", "p1", "panic", 3, 0.7, False),
            LabelRow("close", "p3", "panic", 4, 0.7, False),
            LabelRow("alone", "p3", "panic", 1, 0.7, False),
        ]
    )
    found = round_report(labels, planned=5, replicates=20)
    assert [entry["item"] for entry in found["disputed"]] == ["grave", "mild", "steps"]
    assert found["disputed"][0]["types"] == ["immediate_harm", "none"]
    assert found["disputed"][2]["about"] == ["severity"]
    assert raters_in(labels, {"close"}) == ["p1", "p3"]


def test_severity(report: dict[str, Any]) -> None:
    severity = report["severity"]
    lean = {row["rater"]: row["severity_lean"] for row in report["by_rater"]}
    assert lean["p1"]["interval"]["low"] > 0.7  # always one step higher
    assert severity["icc"]["consistency"]["estimate"] > severity["icc"]["agreement"]["estimate"]
    assert severity["icc_complete"] == {}  # nobody's samples were rated by all four
    apart = severity["apart"]
    assert apart["equal"]["value"] + apart["one_step"]["value"] == pytest.approx(1)
    assert apart["more"]["value"] == 0 and apart["more"]["interval"]["high"] > 0.005  # not seen is not never
    for name in ("krippendorff_ordinal", "cohen_linear", "cohen_quadratic"):
        assert severity[name]["interval"]["low"] <= severity[name]["value"] <= severity[name]["interval"]["high"]


def test_confidence_that_means_something_and_confidence_that_doesn_t(report: dict[str, Any]) -> None:
    low, medium, high = (row["agreeing"] for row in report["confidence"]["calibration"])
    assert low["interval"]["high"] < high["interval"]["low"]
    assert medium == {"value": None, "interval": None, "items": 0, "enough": False}
    generator = np.random.default_rng(1)
    shared = generator.random(200)
    rows = [
        LabelRow(str(n), person, "none", None, float(np.clip(shared[n] + generator.normal(0, spread), 0, 1)), False)
        for n in range(200)
        for person, spread in (("p1", 0.1), ("p2", 0.3))
    ]
    found = round_report(label_set(rows), planned=200, replicates=100)["confidence"]["spearman"]
    first, second = ([row.confidence for row in rows if row.rater == person] for person in ("p1", "p2"))
    assert found["value"] == pytest.approx(spearmanr(first, second).statistic)
    assert found["interval"]["low"] < found["value"] < found["interval"]["high"]


def test_sources_and_edge_cases(report: dict[str, Any]) -> None:
    assert [row["source"] for row in report["by_source"]] == ["real", "synthetic"]
    assert sum(row["kappa"]["items"] for row in report["by_source"]) == 240
    edge = report["edge_cases"]
    assert edge["edge"]["items"] == 24 and edge["edge"]["value"] is None  # too few for a number
    assert edge["rest"]["items"] == 216 and edge["rest"]["enough"]
    assert edge["both_marked"]["value"] == 1.0 and edge["both_marked"]["interval"]["low"] < 1.0


def test_nothing_is_a_bare_number(report: dict[str, Any]) -> None:
    def estimates(part: Any) -> list[dict[str, Any]]:
        if isinstance(part, dict):
            here = [part] if {"value", "interval", "items", "enough"} <= part.keys() else []
            return here + [found for value in part.values() for found in estimates(value)]
        return [found for value in part for found in estimates(value)] if isinstance(part, list) else []

    found = estimates(report)
    assert len(found) > 30
    assert all((one["value"] is None) == (one["interval"] is None) == (not one["enough"]) for one in found)
    json.dumps(report, allow_nan=False)


LABELS = st.lists(
    st.tuples(
        st.integers(0, 11), st.sampled_from(PEOPLE), st.sampled_from(CRISIS_TYPES), st.integers(1, 5), st.booleans()
    ),
    max_size=40,
    unique_by=lambda label: label[:2],
)


@settings(max_examples=25)
@given(LABELS, st.permutations(PEOPLE))
def test_any_round_has_a_report_and_names_of_raters_change_nothing_in_it(labels: list[Any], order: list[str]) -> None:
    renamed = dict(zip(PEOPLE, order, strict=True))

    def of(names: dict[str, str]) -> dict[str, Any]:
        rows = [
            LabelRow(str(item), names[rater], kind, None if kind == "none" else level, 0.7, edge)
            for item, rater, kind, level, edge in labels
        ]
        return round_report(label_set(rows), planned=12, replicates=10)

    first, second = of({name: name for name in PEOPLE}), of(renamed)
    json.dumps(first, allow_nan=False)
    for name in ("fleiss", "ac1", "krippendorff_nominal", "percent_agreement", "contested", "skew", "items"):
        assert first[name] == pytest.approx(second[name]) if isinstance(first[name], float) else True
        assert isinstance(first[name], float) or first[name] == second[name]
    assert np.array(first["directions"]["table"]).tolist() == second["directions"]["table"]


def test_one_person_labels_an_item_once() -> None:
    row = LabelRow("1", "p1", "none", None, 0.7, False)
    with pytest.raises(RatingError, match="twice"):
        label_set([row, row])
