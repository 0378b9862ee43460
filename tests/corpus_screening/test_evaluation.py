"""The figures: intervals, halves, and what the rules reach on the half of the real posts that nobody read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.screening import evaluation
from datasets_app.corpus.synthesis.generator import generate
from tests.paths import shared


def test_wilson_interval_of_a_published_example() -> None:
    """Newcombe 1998, table I: 81 of 263 and 0 of 20."""
    assert [round(end, 4) for end in evaluation.wilson(81, 263)] == [0.2553, 0.3662]
    assert [round(end, 4) for end in evaluation.wilson(0, 20)] == [0.0, 0.1611]
    assert evaluation.wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_interval_holds_the_share(case: tuple[int, int]) -> None:
    hits, total = case
    low, high = evaluation.wilson(hits, total)
    assert 0.0 <= low <= hits / total + 1e-12
    assert hits / total - 1e-12 <= high <= 1.0


def test_halves_are_even_and_hang_on_the_text_alone() -> None:
    halves = [evaluation.half_of(f"text {number}") for number in range(2_000)]
    assert 900 < halves.count("A") < 1_100
    assert halves[0] == evaluation.half_of("text 0")


def test_evaluation_counts_and_says_what_is_missing(tmp_path: Path) -> None:
    rows = [
        ("I want to kill myself", "suicide"),
        ("soup", "suicide"),
        ("lunch", "non-suicide"),
        ("my pills", "non-suicide"),
    ]
    (tmp_path / "suicide_watch.jsonl").write_text(
        "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in [*rows, rows[0]])
    )
    report = evaluation.evaluate(tmp_path)
    halves = report["sets"]["suicide_watch"]["halves"].values()
    assert sum(half["positives"] for half in halves) == 2
    assert sum(half["detectors"]["rules"]["found"] for half in halves) == 1
    assert sum(half["detectors"]["rules"]["false_alarms"] for half in halves) == 0
    assert sum(half["detectors"]["keywords"]["false_alarms"] for half in halves) == 1
    assert "sad.jsonl" in report["missing"]
    assert "suicide_watch" in evaluation.as_text(report)


def held_out(name: str, step: int) -> evaluation.Counts:
    """Count every `step`-th case of half B."""
    labelled = next(known for known in evaluation.SETS if known.name == name)
    folder = shared(f"real/{labelled.file}").parent
    counts = evaluation.Counts()
    unread = (case for case in evaluation.cases(labelled, folder) if evaluation.half_of(case.key) == "B")
    for number, case in enumerate(unread):
        if number % step == 0:
            counts.add(case.positive, evaluation.answers_of(case.messages))
    return counts


@pytest.mark.parametrize(
    ("name", "step", "sensitivity", "specificity"),
    [
        ("suicide_watch", 1, 0.71, 0.95),
        ("t_sid", 1, 0.78, 0.985),
        ("sad", 3, None, 0.995),
        ("goemotions", 3, None, 0.995),
    ],
)
def test_figures_on_the_unread_half(name: str, step: int, sensitivity: float | None, specificity: float) -> None:
    """Measured on all of half B: suicide_watch 0.73 and 0.96, T-SID 0.80 and 0.99 (docs/screening.md)."""
    counts = held_out(name, step)
    assert counts.alarms["rules"] <= (1 - specificity) * counts.negatives
    if sensitivity is not None:
        assert counts.found["rules"] >= sensitivity * counts.positives


def test_generated_conversations_and_their_edge_cases() -> None:
    """The phrases were read while the rules were written: this holds what they reach, it proves nothing beyond."""
    crises = harmless = missed = alarms = missed_edge_cases = 0
    for sample in generate(400, 11):
        alarm = evaluation.assess(sample["conversation"]).crisis
        if sample["crisis_type"] == "none":
            harmless += 1
            alarms += alarm
        else:
            crises += 1
            missed += not alarm
            missed_edge_cases += sample["is_edge_case"] and not alarm
    assert crises > 200
    assert harmless > 100
    assert missed <= 0.03 * crises
    assert alarms <= 0.02 * harmless
    assert missed_edge_cases == 0
