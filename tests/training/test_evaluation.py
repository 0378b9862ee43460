"""What an evaluation says of a set, and what it says when the set cannot tell."""

import numpy as np
import pytest
from sklearn import metrics as reference

from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE
from training_app.learn.cases import Case, demographic_slices, language_of
from training_app.learn.evaluation import NO_CRISIS, NO_NEGATIVE, NO_TYPES, Predictions, evaluate
from training_app.learn.wording import METRIC_NAMES

NONE = CRISIS_TYPES.index(NONE_TYPE)


def case(
    number: int, kind: int | None, *, crisis: bool | None = None, severity: int | None = None, **slices: str
) -> Case:
    return Case(
        record_id=f"r{number}",
        content_hash=f"sha256:{number:064x}",
        crisis=kind != NONE if crisis is None else crisis,
        crisis_type=kind,
        severity=severity,
        source="real",
        simulated=False,
        slices={"source": "real", **slices},
    )


def answers(count: int, seed: int = 4) -> Predictions:
    """Any answers: the decision follows the score at 0.5, as a bundle's does."""
    chance = np.random.default_rng(seed)
    probabilities = chance.dirichlet(np.ones(7), count)
    scores = 1 - probabilities[:, NONE]
    best = probabilities[:, :NONE].argmax(axis=1)
    return Predictions(scores, probabilities, np.where(scores >= 0.9, best, NONE), chance.integers(1, 6, count))


def test_every_metric_is_that_of_scikit_learn_and_lies_in_its_interval() -> None:
    chance = np.random.default_rng(1)
    kinds = chance.integers(0, 7, 350)
    cases = [
        case(number, int(kind), severity=None if kind == NONE else int(chance.integers(1, 6)))
        for number, kind in enumerate(kinds)
    ]
    found = answers(350)
    result = evaluate(cases, found)
    crisis, flagged = kinds != NONE, found.types != NONE
    rows = [index for index, one in enumerate(cases) if one.severity is not None]
    truth = [cases[index].severity for index in rows]
    expected = {
        "sensitivity": reference.recall_score(crisis, flagged),
        "specificity": reference.recall_score(~crisis, ~flagged),
        "false_positive_rate": 1 - reference.recall_score(~crisis, ~flagged),
        "precision": reference.precision_score(crisis, flagged),
        "f1": reference.f1_score(crisis, flagged),
        "balanced_accuracy": reference.balanced_accuracy_score(crisis, flagged),
        "macro_f1": reference.f1_score(kinds, found.types, average="macro"),
        "auc": reference.roc_auc_score(crisis, found.scores),
        "average_precision": reference.average_precision_score(crisis, found.scores),
        "brier": reference.brier_score_loss(crisis, found.scores),
        "severity_mae": reference.mean_absolute_error(truth, found.severities[rows]),
        "severity_qwk": reference.cohen_kappa_score(truth, found.severities[rows], weights="quadratic"),
    }
    assert {*expected, "ece"} == set(result["metrics"]) == set(METRIC_NAMES)
    assert result["absent"] == {}
    for name, value in expected.items():
        metric = result["metrics"][name]
        assert metric["value"] == pytest.approx(value, abs=1e-6), name
        assert metric["low"] <= metric["value"] <= metric["high"], name
        assert metric["low"] < metric["high"], name
    for row, f1 in zip(result["per_type"], reference.f1_score(kinds, found.types, average=None), strict=True):
        assert row["f1"]["value"] == pytest.approx(f1, abs=1e-6)
        assert row["precision_interval"][0] <= row["precision"] <= row["precision_interval"][1]
        assert row["recall_interval"][0] <= row["recall"] <= row["recall_interval"][1]
    assert evaluate(cases, found) == result, "seeded"
    assert result["missed_count"] == int((crisis & ~flagged).sum()) == len(result["missed"])


def test_a_set_without_a_crisis_has_a_false_positive_rate_and_nothing_else() -> None:
    result = evaluate([case(number, NONE, label="joy" if number % 2 else "fear") for number in range(60)], answers(60))
    assert set(result["metrics"]) == {"specificity", "false_positive_rate"}
    assert {result["absent"][name] for name in ("sensitivity", "auc", "macro_f1", "precision")} == {NO_CRISIS}
    assert (result["per_type"], result["confusion"], result["curves"], result["prevalence"]) == ([], None, None, [])
    assert [(row["value"], row["n"], row["sensitivity"]) for row in result["slices"] if row["slice"] == "label"] == [
        ("fear", 30, None),
        ("joy", 30, None),
    ]


def test_a_set_of_crises_has_no_specificity() -> None:
    result = evaluate([case(number, number % 6, severity=3) for number in range(30)], answers(30))
    assert "sensitivity" in result["metrics"] and "specificity" not in result["metrics"]
    assert result["absent"]["false_positive_rate"] == NO_NEGATIVE


def test_labels_without_a_type_give_rates_but_no_table_of_types() -> None:
    cases = [case(number, None if number % 2 else NONE, crisis=bool(number % 2)) for number in range(80)]
    result = evaluate(cases, answers(80))
    assert {"sensitivity", "specificity", "auc", "average_precision"} <= set(result["metrics"])
    assert result["absent"]["macro_f1"] == NO_TYPES
    assert result["per_type"] == []
    assert {row["crisis_type"] for row in result["missed"]} == {""}


def test_insufficient_data_says_how_many_would_settle_it() -> None:
    cases = [case(number, 0 if number < 40 else NONE) for number in range(80)]
    scores = np.array([0.95] * 40 + [0.1] * 40)
    found = Predictions(scores, np.zeros((80, 7)), np.where(scores > 0.5, 0, NONE), np.full(80, 3))
    metric = evaluate(cases, found)["metrics"]["sensitivity"]
    assert (metric["verdict"], metric["n"], metric["n_needed"]) == ("insufficient_data", 40, 59)
    found.types[0] = NONE
    metric = evaluate(cases, found)["metrics"]["sensitivity"]
    assert metric["n_needed"] == 93, "one miss"
    assert evaluate(cases, found)["metrics"]["false_positive_rate"]["n_needed"] == 59


def test_groups_come_from_words_that_name_one_and_from_no_others() -> None:
    assert demographic_slices("34, woman") == {"age": "25-39", "gender": "woman"}
    assert demographic_slices({"age": 16, "gender": "Male"}) == {"age": "under 18", "gender": "man"}
    assert demographic_slices("Mary Miller, born 1990") == {}
    assert demographic_slices(None) == demographic_slices("") == demographic_slices("999999999999") == {}
    assert (language_of("en"), language_of("pt-BR"), language_of("she said"), language_of(7)) == ("en", "pt-BR", "", "")
