"""The file of scenarios is sound, and what the rules reach on it."""

from __future__ import annotations

import pytest

from datasets_app.corpus.taxonomy import ALERT_LEVELS, SIX_TYPES, Band
from inference.engine.scenarios import (
    GROUPS,
    Expected,
    Scenario,
    decision_for,
    of_group,
    scenarios,
    wrong_in,
    wrong_with,
)


def test_there_are_eighteen_scenarios_and_the_guidelines_examples() -> None:
    assert len(of_group("integration")) == 18
    assert len(of_group("boundary")) == 24
    assert {scenario.group for scenario in scenarios()} <= set(GROUPS)
    assert len({scenario.id for scenario in scenarios()}) == len(scenarios())


def test_the_eighteen_hold_every_type_and_controls() -> None:
    expected = [scenario.expected for scenario in of_group("integration")]
    assert {kind for entry in expected for kind in entry.types} == set(SIX_TYPES)
    assert sum(entry.crisis is False for entry in expected) >= 4


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.id)
def test_each_is_sound(scenario: Scenario) -> None:
    expected = scenario.expected
    assert scenario.messages[-1]["role"] == "user"
    assert all(message["content"].strip() for message in scenario.messages)
    assert len(scenario.messages) <= 10
    assert set(expected.bands) <= set(Band)
    assert set(expected.types) <= set(SIX_TYPES)
    assert expected.alert_at_least in ALERT_LEVELS
    assert bool(expected.types) is bool(expected.severity)
    assert bool(expected.types) or expected.crisis is not True


@pytest.mark.parametrize("scenario", of_group("boundary"), ids=lambda scenario: scenario.id)
def test_the_rules_agree_with_the_guideline(scenario: Scenario) -> None:
    assert wrong_with(scenario, decision_for(scenario)) == []


def test_what_counts_as_wrong() -> None:
    crisis = Expected(True, ("emergency",), ("panic",), (4,), "none")
    answer = {"crisis": True, "crisis_type": "panic", "band": "emergency", "alert_level": "urgent"}
    assert wrong_in(crisis, **answer) == []
    assert wrong_in(crisis, **(answer | {"crisis": None, "band": "unknown"})) == ["missed"]
    assert wrong_in(crisis, **(answer | {"crisis_type": "substance", "band": "critical"})) == ["band", "type"]
    calm = Expected(False, ("none",), (), (), "concern")
    assert wrong_in(calm, **answer) == ["false alarm"]
    assert wrong_in(calm, crisis=None, crisis_type="none", band="unknown", alert_level="concern") == []
    assert wrong_in(calm, crisis=False, crisis_type="none", band="none", alert_level="none") == ["alert"]
