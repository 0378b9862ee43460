"""Recommended actions: the level sets the steps, the situation adds its own, and none is ever lost."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.taxonomy import ALERT_LEVELS
from inference.engine.actions import Situation, actions_for, situation_of
from inference.engine.assessment import decide
from inference.engine.rules import find
from tests.corpus_screening.saying import said, talk

SITUATIONS = st.builds(
    Situation,
    **{field.name: st.booleans() for field in dataclasses.fields(Situation) if field.name != "only_someone_else"},
)


def steps(messages: list[dict[str, str]]) -> list[str]:
    """The steps for a conversation that the rules alone answer."""
    finding = find(messages)
    decision = decide(None, finding)
    situation = situation_of(finding, unknown=False, crisis_type=decision.crisis_type, crisis=decision.crisis is True)
    return [action["action"] for action in actions_for(decision.alert_level, situation=situation)]


@given(st.sampled_from(ALERT_LEVELS), SITUATIONS)
def test_a_situation_takes_no_step_of_the_level_away(level: str, situation: Situation) -> None:
    names = [action["action"] for action in actions_for(level, situation=situation)]
    assert set(names) >= {action["action"] for action in actions_for(level)}
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("I took more than I meant, thirty pills. I feel cold.", "poison_control"),
        ("Deeper than usual and it won't stop bleeding.", "first_aid"),
        ("Chest crushing, arm numb: is it panic?", "medical_check"),
        ("If he comes near my sister I'm going over with the bat; he's home now.", "protect_others"),
        ("I am going to kill myself tonight, the gun is in my lap.", "contact_emergency_services"),
        ("I wish I was dead.", "human_review"),
    ],
)
def test_what_comes_first(text: str, first: str) -> None:
    assert steps(said(text))[0] == first


def test_somebody_elses_danger_has_steps_of_its_own() -> None:
    messages = talk("My friend is in trouble.", "What happened?", "She texted that she wants to die and is not home.")
    assert steps(messages)[:2] == ["someone_else_at_risk", "advice_for_helpers"]
    own = said("My friend wants to die and I want to kill myself too.")
    assert steps(own) == ["human_review", "offer_crisis_line", "someone_else_at_risk"]


def test_how_to_speak_is_said_last() -> None:
    assert steps(said("The neighbours play my thoughts through the pipes, so I stopped eating."))[-1] == "stay_grounded"
    assert steps(said("Heart hammering, fingers numb, sure I'm dying in this car park."))[-1] == "ground_and_breathe"
    assert steps(said("My cousin took his life in May and I can't stop crying."))[-1] == "bereavement_support"


def test_unknown_begins_with_a_person() -> None:
    assert actions_for("concern", unknown=True)[0]["action"] == "human_read"
    assert situation_of(None, unknown=True) == Situation(unknown=True)
