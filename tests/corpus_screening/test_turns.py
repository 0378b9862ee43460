# ruff: noqa: E501  (one list, few lines)
"""A conversation is no bag of messages: roles, questions and their answers, leave-taking, and the laws that hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.screening import Assessment, assess
from datasets_app.corpus.screening.context import _IDIOMS, mask_idioms
from tests.corpus_screening.saying import said, talk

ASKED = "Are you thinking about ending your life?"
PLAN = "Do you have a plan?"


def signs(found: Assessment) -> list[tuple[str, int, int, int]]:
    return [(signal.rule, signal.severity, signal.start, signal.end) for signal in found.signals]


@pytest.mark.parametrize(
    "answer",
    ["Yes.", "yeah, sometimes", "Every night.", "I do.", "I guess so", "honestly, yes", "A lot lately.", "hm, maybe"],
)
@pytest.mark.parametrize(
    "question",
    [
        ASKED,
        "Do you think about killing yourself",
        "Sometimes people want to die then. Suicide, I mean. Is that so for you?",
    ],
)
def test_a_plain_yes_has_its_meaning_from_the_question(question: str, answer: str) -> None:
    assert assess(talk("I'm low.", question, answer)).severity == 3
    assert not assess(talk("I'm low.", "Did you sleep well?", answer)).crisis


@pytest.mark.parametrize(
    "answer",
    [
        "No.",
        "I don't.",
        "I do not.",
        "I have never thought of that.",
        "i am not",
        "Not at all, yes I'm tired, but no.",
        "I'm fine",
    ],
)
def test_a_no_is_a_no(answer: str) -> None:
    assert not assess(talk("I'm low.", ASKED, answer)).crisis


def test_the_yes_may_come_a_message_later_but_not_after_the_next_question() -> None:
    assert assess([*talk("I'm low.", ASKED), *said("hm", "Yes.")]).crisis
    assert not assess(talk("I'm low.", ASKED, "No.", "Do you like tea?", "Yes.")).crisis
    assert not assess([*talk("I'm low.", ASKED), *said("No.", "It's raining.", "Yes.")]).crisis


def test_a_line_that_is_named_without_asking_asks_nothing() -> None:
    offered = "If you ever feel suicidal, call 988."
    assert not assess(talk("I had a bad week.", offered, "Yes, thanks.")).crisis


def test_a_plan_is_affirmed_only_after_the_thought() -> None:
    found = assess(talk("I'm low.", ASKED, "Yes.", PLAN, "Yes, I do."))
    assert (found.crisis_type, found.severity) == ("immediate_harm", 4)
    assert not assess(talk("I start a bakery.", PLAN, "Yes, I do.")).crisis
    assert assess(talk("I'm low.", ASKED, "No.", PLAN, "Yes, for the weekend.")).severity is None
    direct = assess(talk("I'm low.", "Have you thought about how you would kill yourself?", "Yes."))
    assert (direct.crisis_type, direct.severity) == ("immediate_harm", 4)


LEAVING = (
    "I found somebody who takes my dog.", "I've given my guitar to Tomas, I won't need it.",
    "I feel calm for the first time in months. I wanted to say goodbye.",
)  # fmt: skip


def test_leave_taking_without_the_word_needs_several_kinds_together() -> None:
    assert assess(said(*LEAVING)).severity in (3, 4)
    assert assess(said(" ".join(LEAVING))).crisis
    for missing in range(len(LEAVING)):
        alone = said(LEAVING[missing])
        assert not assess(alone).crisis
    assert not assess(said("I found somebody who takes my dog.", "How is the weather there?")).crisis


@pytest.mark.parametrize(
    "reason",
    [
        "I'm moving to Canada in May.",
        "My semester abroad begins soon.",
        "I sold the car, too, for the journey.",
        "The new flat is so small.",
    ],
)
def test_a_move_explains_leave_taking(reason: str) -> None:
    assert not assess(said(*LEAVING[:2], reason, LEAVING[2])).crisis


@pytest.mark.parametrize(
    ("text", "crisis_type", "at_least"),
    [
        ("I took more of my sleeping pills than I should have, maybe fifteen.", "substance", 5),
        ("There was gin and I don't know how many of my mother's tablets.", "substance", 5),
        ("When she has left I will swallow the lot.", "immediate_harm", 4),
        ("I know where he parks. I bought a knife and I'm waiting outside his office.", "immediate_harm", 5),
        ("I drove to the bridge, stood there for an hour and couldn't do it.", "immediate_harm", 4),
        ("I just have to make it look like an accident.", "immediate_harm", 4),
        ("I hope every evening that I don't wake up.", "passive_ideation", 3),
        ("They would be free of the debts if I wasn't there.", "passive_ideation", 3),
        ("He talks to me from the vent at night.", "psychotic", 3),
        ("Eleven months sober, and since Friday I can't stop.", "substance", 3),
    ],
)
def test_steps_told_without_the_word(text: str, crisis_type: str, at_least: int) -> None:
    found = assess(said(text))
    assert found.crisis_type == crisis_type
    assert (found.severity or 0) >= at_least


@pytest.mark.parametrize(
    "text",
    [
        "I'd rather die than talk to that librarian again.", "We drove to the bridge and looked at the boats.",
        "My boss tells me to do it before Sunday.", "I hope I don't wake up too late for the train.",
        "I took more photos than I should have.", "I don't know how many tablets they sold last year, iPads I mean.",
        "I know where she works, we have lunch there.", "They would manage the shop if I wasn't late all the time.",
        "The radio talks about politics.", "Three years clean and proud of it.", "She makes it look easy.",
    ],
)  # fmt: skip
def test_everyday_talk_beside_them_is_no_crisis(text: str) -> None:
    assert not assess(said(text)).crisis


def test_an_order_is_a_voices_order_only_beside_psychosis() -> None:
    order = "He tells me to do it before Sunday."
    assert not assess(said(order)).crisis
    found = assess(said("He talks to me from the vent at night.", order))
    assert (found.crisis_type, found.severity) == ("psychotic", 5)


@pytest.mark.parametrize(
    "text",
    [
        "My friend says she wants to die and doesn't answer.", "My son has cuts all over his arms.",
        "He is suicidal and alone now.", "My mother doesn't want to live any more.",
    ],
)  # fmt: skip
def test_another_persons_danger_is_no_crisis_of_the_writer(text: str) -> None:
    found = assess(said(text))
    assert found.about_someone_else
    assert not found.crisis


@pytest.mark.parametrize(
    "text",
    [
        "My uncle died by suicide in 2010.", "In the film she wants to die at the end.", "She wants to die of shame lol.",
        "My brother was suicidal years ago and is fine now.", "He does not want to die.", "My son wants to jump on the couch.",
    ],
)  # fmt: skip
def test_a_danger_that_is_over_or_told_is_none(text: str) -> None:
    assert not assess(said(text)).about_someone_else


PIECES = [
    "I wish I was dead.", "I want to kill myself tonight.", "my chest is tight, I can't breathe, my hands are numb", "lol",
    "I feel better now.", "Thanks for everything, goodbye.", "The voices tell me to jump.", "We had soup.", "yes", "no",
    "I have been cutting again.", "I took thirty pills.", "My sister wants to die.", *LEAVING,
]  # fmt: skip
REPLIES = [
    "I'm here.", "You can call 988, the suicide line.", "I want to die too.", "The gun is in my lap, he said.", "That is hard.",
    "In the film he hears voices.", "lol just kidding", "I feel better now, it has passed.",
]  # fmt: skip
CONVERSATIONS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map(lambda texts: said(*texts))


@given(CONVERSATIONS, st.sampled_from(REPLIES), st.integers(0, 5))
@settings(max_examples=80)
def test_what_an_assistant_says_without_asking_changes_no_sign_of_the_user(
    messages: list[dict[str, str]], reply: str, place: int
) -> None:
    at = min(place, len(messages))
    found = assess([*messages[:at], {"role": "assistant", "content": reply}, *messages[at:]])
    alone = assess(messages)
    assert signs(found) == signs(alone)
    assert (found.severity, found.crisis_type, found.about_someone_else) == (
        alone.severity,
        alone.crisis_type,
        alone.about_someone_else,
    )


@given(CONVERSATIONS, st.sampled_from([*REPLIES, ASKED, PLAN]))
@settings(max_examples=40)
def test_a_last_reply_changes_nothing_whatever_it_asks(messages: list[dict[str, str]], reply: str) -> None:
    found = assess([*messages, {"role": "assistant", "content": reply}])
    assert found == assess(messages)


@given(
    CONVERSATIONS, st.sampled_from(["We had soup.", "The weather is fine.", "I called my sister."]), st.integers(0, 5)
)
@settings(max_examples=60)
def test_small_talk_before_a_grave_sign_never_hides_it(messages: list[dict[str, str]], text: str, place: int) -> None:
    alone = assess(messages)
    at = min(place, len(messages))
    found = assess([*messages[:at], *said(text), *messages[at:]])
    assert (found.severity or 0) >= (alone.severity or 0) if (alone.severity or 0) >= 4 else True


@pytest.mark.parametrize(
    "wish", ["want to kill myself", "want to die", "think about suicide", "cut myself", "hear voices"]
)
def test_a_negated_wish_is_never_graver(wish: str) -> None:
    plain, negated = assess(said(f"I {wish}.")), assess(said(f"I don't {wish}."))
    assert (negated.severity or 0) < (plain.severity or 0)


def test_order_decides_relief_after_panic_not_before() -> None:
    panic, relief = (
        "my chest is tight, I can't breathe, my hands are numb, I think I'm dying",
        "It has passed, I feel better.",
    )
    assert assess(said(panic, relief)).severity == 2
    assert assess(said(relief, panic)).severity == 4


@pytest.mark.parametrize(
    "text", ["this job is killing me haha", "I'm dead lol", "I panicked, lol", "no idiom here at all", "", "…"]
)
def test_the_quick_look_for_idioms_misses_none(text: str) -> None:
    assert mask_idioms(text) == _IDIOMS.sub(lambda match: " " * len(match.group()), text)
