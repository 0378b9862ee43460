# ruff: noqa: E501  (one list, few lines)
"""What stands around the words decides: negation, person, tense, quotation, idiom, joke, and the conversation."""

from __future__ import annotations

import pytest

from datasets_app.corpus.screening import assess
from tests.corpus_screening.saying import said, talk


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("I don't want to kill myself.", "negated"),
        ("I have never thought about suicide.", "negated"),
        ("My sister keeps thinking about suicide.", "third_person"),
        ("Why do you want to die?", "third_person"),
        ("He says that he is suicidal.", "third_person"),
        ('She said "I want to die" and hung up.', "quoted"),
        ("For my essay about a man who says I want to die.", "quoted"),
        ("lol this homework, I want to die", "hyperbole"),
    ],
)
def test_discounted_and_why(text: str, status: str) -> None:
    found = assess(said(text))
    assert not found.crisis
    assert status in {signal.status for signal in found.discounted}


@pytest.mark.parametrize(
    "text",
    [
        "I'm dying of laughter.", "This traffic is killing me.", "I would kill for a pizza.", "My phone is dead.",
        "She is to die for.", "It's a dead end job.", "Shoot me an email.", "I cut my finger while cooking.",
        "I was bored to death.", "I want to end this relationship.", "I don't want to live with my parents any more.",
        "I bought a rope for climbing.", "I took two aspirin for my headache.", "They are following me on Instagram.",
        "I jumped off the couch.", "Suicide Squad was a bad movie.", "I hate living in this city.", "Goodbye, see you next week!",
        "I used to have panic attacks years ago, now I take the train again.", "I give up on this game.",
        "Sure, Mondays again, just shoot me into the sun.", "I wish I was born in the nineties.",
    ],
)  # fmt: skip
def test_everyday_talk_is_no_crisis(text: str) -> None:
    assert not assess(said(text)).crisis


@pytest.mark.parametrize(
    "text",
    [
        "I can't stop wanting to die.", "It's not just that I want to die, I need it.", "Nobody knows, but I want to die.",
        "My mother says I'm lazy, and I want to die.", "You were kind, but I want to kill myself.",
        "I want to die again, like when I was a kid.", "kms", "i wish i'd never been born", "can’t go on living",
    ],
)  # fmt: skip
def test_words_around_do_not_hide_a_wish(text: str) -> None:
    assert assess(said(text)).crisis


def test_past_is_the_mildest_and_what_is_back_is_present() -> None:
    assert assess(said("I was suicidal years ago and got better.")).severity == 1
    assert assess(said("I was suicidal years ago and now it's coming back.")).severity == 3


def test_comfort_for_somebody_else_is_not_the_writers_risk() -> None:
    advice = (
        "You are not alone. Suicidal thoughts pass, you will feel better and your friends will miss you. "
        "Ending it is not the answer. Call somebody, you can do it."
    )
    assert not assess(said(advice)).crisis
    assert assess(said(advice + " I know it because I want to kill myself too.")).crisis


def test_only_the_users_words_are_judged() -> None:
    found = assess(talk("I feel low.", "Some people then think: I want to kill myself tonight.", "Not me."))
    assert not found.crisis
    assert found.signals == ()


def test_an_idiom_after_a_joke_is_a_joke() -> None:
    wish = "honestly I wish I was dead"
    assert assess(said("my cat ate the cake", wish)).crisis
    assert not assess(said("my cat ate the cake haha", wish)).crisis
    assert not assess(said(wish, "just kidding")).crisis


def test_a_joke_takes_back_no_plan() -> None:
    assert assess(said("I have a plan and what I need haha", "just kidding")).severity == 4
    assert assess(said("the pills are in front of me", "just kidding lol")).severity == 5


def test_goodbye_after_thanks_is_a_farewell_only_beside_a_wish() -> None:
    assert not assess(talk("How do I sleep better?", "Try tea.", "Thanks for everything, goodbye!")).crisis
    burden = "They'd manage better without me."
    assert assess(talk(burden, "Tell me more.", "Thanks for everything, goodbye.")).severity == 4
    relieved = "That helped, I feel better. Thanks for everything, goodbye."
    assert assess(talk(burden, "Tell me more.", relieved)).severity == 3


def test_relief_ends_a_panic_but_no_wish_and_no_plan() -> None:
    panic = "I can't breathe, my chest is tight, my hands are numb, I think I'm dying."
    assert assess(said(panic)).severity == 4
    assert assess(said(panic, "It has passed, I feel better.")).severity == 2
    assert assess(said("I wish I was dead.", "I feel a bit better.")).severity == 3
    assert assess(said("I'm going to kill myself.", "I feel a bit better.")).severity == 4


def test_a_lost_line_break_hides_nothing_and_spans_keep_their_places() -> None:
    text = "HelpI want to dieI'm 19 and alone.I have the gun in my hand"
    found = assess(said(text))
    assert [text[item.start : item.end] for item in found.signals if item.severity] == [
        "want to die",
        "I have the gun in my hand",
    ]


@pytest.mark.parametrize("before", ["", "“Hm…” ", "\u200b\xa0", "😀 ", "don’t.I.know.", "eB"])
def test_spans_point_at_the_words_whatever_stands_before(before: str) -> None:
    text = before + "I want to kill myself"
    assert [text[item.start : item.end] for item in assess(said(text)).signals] == ["want to kill myself"]
