"""The seven content gates: one finding each, with level, action and turn, and never a word."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.content_gates import ACTIONS, GateFinding, content_gates
from datasets_app.corpus.screening import assess
from datasets_app.corpus.taxonomy import CONTENT_GATES, FINDING_LEVELS, ROLES
from tests.corpus_screening.saying import said, talk


def found(messages: list[dict[str, str]], gate: str) -> list[tuple[str, int | None, str]]:
    """Level, turn and reason of the gate's findings."""
    return [(item.level, item.turn, item.reason) for item in content_gates(messages) if item.gate == gate]


def test_a_sound_conversation_has_no_finding() -> None:
    assert (
        content_gates(talk("I feel low since the move.", "That sounds hard. What do you miss most?", "My friends."))
        == []
    )


def test_profanity_is_tagged_in_the_user_and_reviewed_in_the_assistant() -> None:
    messages = talk("I feel like shit.", "Oh fuck, that is bad.")
    assert found(messages, "profanity") == [("info", 0, "by_user"), ("warning", 1, "by_assistant")]
    assert [item.action for item in content_gates(messages) if item.gate == "profanity"] == ["tag", "review"]


@pytest.mark.parametrize(
    ("text", "level", "reason"),
    [
        ("I feel sad, he called me a faggot.", "info", "reported"),
        ("I feel angry at that faggot.", "warning", "slur"),
        ("I'm angry, all immigrants should be shot.", "error", "against_a_group"),
    ],
)
def test_hate_speech_and_the_telling_of_it(text: str, level: str, reason: str) -> None:
    assert found(said(text), "hate_speech") == [(level, 0, reason)]


@pytest.mark.parametrize(
    ("reply", "level", "reason"),
    [
        ("Take 50 mg of it before bed.", "error", "treatment"),
        ("You should stop taking your medication.", "error", "treatment"),
        ("You clearly have bipolar disorder.", "error", "diagnosis"),
        ("Please do not stop taking your medication before you talk to your doctor.", "warning", "treatment"),
    ],
)
def test_medical_advice_by_the_assistant(reply: str, level: str, reason: str) -> None:
    assert found(talk("I feel tired.", reply), "medical_advice") == [(level, 1, reason)]


def test_the_users_own_dose_is_no_advice() -> None:
    assert found(talk("I feel tired. I take 50 mg of sertraline.", "How is that for you?"), "medical_advice") == []


@pytest.mark.parametrize(
    ("reply", "level", "reason"),
    [
        ("When I was your age my mother left too.", "warning", "own_life"),
        ("Let's meet for a coffee.", "error", "boundary"),
    ],
)
def test_personal_disclosure_of_the_therapist(reply: str, level: str, reason: str) -> None:
    assert found(talk("I feel alone since my mother left.", reply), "personal_disclosure") == [(level, 1, reason)]


def test_content_length() -> None:
    assert found(talk("I feel sad. " * 700, "ok."), "content_length") == [("warning", 0, "long_turn")]
    assert found(talk("I feel sad.", "k"), "content_length") == [("warning", 1, "empty_reply")]
    assert found(talk(*(["I feel sad.", "I see."] * 101)), "content_length") == [("info", None, "many_turns")]


@pytest.mark.parametrize(
    ("turns", "findings"),
    [
        (("I want to kill myself.", "Try a warm bath."), [("error", 0, "unanswered")]),
        (("I'm going to kill myself tonight.", "Try a warm bath."), [("critical", 0, "unanswered")]),
        (("I'm going to kill myself tonight.", "Are you safe right now? Please call 988."), []),
        (("I want to kill myself.", "That sounds hard.", "It is.", "Are you thinking about suicide now?"), []),
        (
            ("I'm going to kill myself tonight.", "Tell me more.", "No.", "Are you safe?"),
            [("critical", 0, "unanswered")],
        ),
        (("I want to kill myself.",), [("warning", 0, "no_reply")]),
        (("I want to kill myself.", "Nobody would miss you. Call 988."), [("critical", 1, "harmful_reply")]),
        (("This traffic is killing me.", "Leave earlier."), []),
        (("My friend wants to die.", "Take a walk."), []),
    ],
)
def test_a_crisis_that_the_assistant_leaves_unanswered(
    turns: tuple[str, ...], findings: list[tuple[str, int, str]]
) -> None:
    assert found(talk(*turns), "crisis_escalation") == findings


def test_therapeutic_context() -> None:
    assert found(talk("What is two and two?", "Four."), "therapeutic_context") == [("info", None, "not_about_feelings")]
    assert found(talk("I feel sad.", "Just get over it."), "therapeutic_context") == [("warning", 1, "dismissive")]


def test_an_assessment_at_hand_is_used_and_gives_the_same() -> None:
    messages = talk("I want to kill myself.", "Try a warm bath.")
    assert content_gates(messages, assess(messages)) == content_gates(messages)


def test_system_messages_are_no_turns() -> None:
    assert (
        content_gates([{"role": "system", "content": "fuck. You have bipolar disorder."}, *said("I feel sad.")]) == []
    )


@settings(max_examples=100)
@given(st.lists(st.fixed_dictionaries({"role": st.sampled_from(ROLES), "content": st.text(max_size=80)}), max_size=6))
def test_any_conversation_gets_findings_of_the_vocabulary(messages: list[dict[str, str]]) -> None:
    for item in content_gates(messages):
        assert item.gate in CONTENT_GATES
        assert item.level in FINDING_LEVELS
        assert item.action in ACTIONS
        assert 0.0 < item.confidence <= 1.0
        assert item.turn is None or 0 <= item.turn < len(messages)


def test_findings_hold_no_words() -> None:
    messages = talk("I want to kill myself, faggot.", "You have bipolar disorder. My husband left me. Get over it.")
    findings = content_gates(messages)
    assert {item.gate for item in findings} >= {
        "hate_speech",
        "medical_advice",
        "personal_disclosure",
        "crisis_escalation",
    }
    text = json.dumps([item.as_dict() for item in findings])
    assert not any(word in text for word in ("kill", "faggot", "bipolar", "husband"))
    assert set(GateFinding.__dataclass_fields__) == {"gate", "level", "confidence", "action", "turn", "reason"}
