"""A child's label is checked, not believed: what a rewriting did to the words of a crisis is seen and refused."""

import random
from typing import Any

import pytest

from datasets_app.corpus.augmentation import bank
from datasets_app.corpus.augmentation.check import Judge, Verdict
from datasets_app.corpus.augmentation.clashes import clashes
from datasets_app.corpus.augmentation.edge_wording import AFTER, BEFORE
from datasets_app.corpus.augmentation.keywords import crisis_words
from datasets_app.corpus.augmentation.naming import REASONS
from datasets_app.corpus.augmentation.rewording import Rewording
from datasets_app.corpus.augmentation.wording import ALTERNATIVES, CONTRACTIONS, GREETINGS, LEADS, TAILS
from datasets_app.corpus.screening import assess
from datasets_app.corpus.taxonomy import EDGE_CASE_KINDS

from .making import parent

REST = "tonight, the pills are on the desk."
PLAN = parent(
    "hello", "I'm going to kill myself tonight, the pills are on the desk.", crisis_type="immediate_harm", severity=5
)
WISH = parent(
    "I don't have a plan, but I wish I could fall asleep and never wake up.", crisis_type="passive_ideation", severity=3
)


def judged(original: Any, *said: str, label: tuple[str, int | None] | None = None, classifier: Any = None) -> Verdict:
    messages = parent(*said).messages
    wanted = label or (original.crisis_type, original.severity)
    return Judge(classifier).judge(original, assess(original.messages), messages, wanted)


@pytest.mark.parametrize(
    ("original", "said", "label", "reason"),
    [
        (PLAN, ("hi", f"I'm going to kill myself {REST}"), None, ""),
        (PLAN, ("hi", f"I'm going to kill myself {REST}"), ("none", None), "label_changed"),
        (PLAN, ("hi", f"I'm going to kill myself {REST}"), ("immediate_harm", 2), "label_changed"),
        (PLAN, ("hello", f"I'm going to hurt myself {REST}"), None, "crisis_word_lost"),
        (PLAN, ("hello", "I'm going away tonight, the letters are on the desk."), None, "crisis_word_lost"),
        (PLAN, ("hello", f"I'm not going to kill myself {REST}"), None, "crisis_word_added"),
        (PLAN, ("hello", f"I have a gun. I'm going to kill myself {REST}"), None, "crisis_word_added"),
        (PLAN, ("hello", "He said he's going to kill himself tonight, his pills are here."), None, "signals_changed"),
        (WISH, ("I have a plan, but I don't wish I could fall asleep and never wake up.",), None, "signals_changed"),
    ],
)  # fmt: skip
def test_a_planted_flip_is_refused_with_its_reason(
    original: Any, said: tuple[str, ...], label: tuple[str, int | None] | None, reason: str
) -> None:
    assert judged(original, *said, label=label).reason == reason
    assert not reason or reason in REASONS


def test_circumstances_are_part_of_the_reading() -> None:
    told = parent("I keep cutting my arm at night.", crisis_type="self_harm", severity=3)
    more = judged(told, "I keep cutting my arm at night. My kids need me and my sister is with me.")
    assert more.reason == "reading_changed"


def test_who_vouches_for_a_label() -> None:
    hidden = parent("The lake is calling me by my first name.", crisis_type="passive_ideation", severity=4)
    child = "So, the lake is calling me by my first name."
    assert judged(PLAN, *(m["content"] for m in PLAN.messages if m["role"] == "user")).by == "rules"
    assert judged(hidden, child).by == "person", "the rules cannot see it, so they cannot say that it is kept"

    def reads(answers: dict[bool, str]) -> Any:
        return lambda messages: answers[messages[0]["content"].startswith("So,")]

    assert (
        judged(hidden, child, classifier=reads({False: "passive_ideation", True: "passive_ideation"})).by
        == "classifier"
    )
    assert judged(hidden, child, classifier=reads({False: "none", True: "none"})).by == "person"
    flipped = judged(hidden, child, classifier=reads({False: "passive_ideation", True: "none"}))
    assert flipped.reason == "classifier_disagrees"


def test_an_edge_case_keeps_its_crisis_words_and_goes_to_a_person() -> None:
    judge, label = Judge(), (PLAN.crisis_type, PLAN.severity)
    framed = parent(
        "hello", "Great news. I'm going to kill myself tonight, the pills are on the desk. Cheers."
    ).messages
    assert judge.judge_edge_case(PLAN, framed, label) == Verdict("", "person")
    softened = parent("hello", "Great news. I'm off for good tonight, the pills are on the desk. Cheers.").messages
    assert judge.judge_edge_case(PLAN, softened, label).reason == "crisis_word_lost"
    assert judge.judge_edge_case(PLAN, framed, ("none", None)).reason == "label_changed"


def test_what_comes_in_says_nothing_of_a_crisis() -> None:
    added = [
        *bank.CONTEXTS, *bank.REPLIES, *bank.PLAIN_REPLIES, *LEADS, *TAILS, *GREETINGS,
        *(line for lines in bank.SCENARIOS.values() for line in lines),
        *(person.sentence.format(age=age) for person in bank.PEOPLE for age in person.ages),
    ]  # fmt: skip
    for text in added:
        said = [{"role": "user", "content": text}]
        assert not crisis_words(said) or text in bank.REPLIES, text
        found = assess(said)
        assert not found.signals, text
        assert not found.crisis, text
    for words, others in [*ALTERNATIVES.items(), *((short, (whole,)) for short, whole in CONTRACTIONS.items())]:
        kept = crisis_words([{"role": "user", "content": words}])
        assert all(crisis_words([{"role": "user", "content": other}]) == kept for other in others), words
    assert set(BEFORE) == set(AFTER) == set(EDGE_CASE_KINDS)


def test_rewording_leaves_what_a_signal_stands_on() -> None:
    text = "I have talked to my dad, and I'm going to kill myself. Maybe someone finds the note."
    place = text.index("I'm going to kill myself")
    taken = [(place, place + len("I'm going to kill myself"))]
    results = {Rewording(random.Random(seed), text).reword(text, taken) for seed in range(60)}
    assert len(results) > 20
    assert all("I'm going to kill myself" in result for result in results)
    assert not any(".," in result or ".." in result for result in results)
    assert any("somebody" in result for result in results)


def test_a_message_that_begins_with_a_greeting_is_not_taken_for_one() -> None:
    told = "hey i see no way out of this"
    results = [Rewording(random.Random(seed), told).reword(told, [], greeting=True) for seed in range(20)]
    assert all("see no way out" in result for result in results)
    hello = "hi, is someone there?"
    assert Rewording(random.Random(1), hello).reword(hello, [], greeting=True) != hello


def test_a_conversation_is_said_otherwise_as_one_person_would() -> None:
    said = ["My mum thinks I am lazy and I argue with my mum.", "I told my mum about the flatmate again and again."]
    for seed in range(40):
        rewording = Rewording(random.Random(seed), " ".join(said))
        text = " ".join(rewording.reword(part, []) for part in said)
        again = Rewording(random.Random(seed + 100), text)
        text = " ".join(again.reword(part + ".", []) for part in text.rstrip(".").split(". ")).lower()
        assert sum(word in text for word in ("my mum ", "my mom ", "my mother ")) == 1, text
        assert not [frame for frame in (*LEADS, *TAILS) if text.count(frame.strip(" .").lower()) > 1], text
    for kept in ("it's been a year since then", "don't you dare call them"):
        assert {Rewording(random.Random(seed), kept).reword(kept, [], framed=True) for seed in range(9)} == {kept}
    loud = "CAN I TALK TO YOU, MAYBE SOMEONE LISTENS TO ME"
    results = {Rewording(random.Random(seed), loud).reword(loud, []) for seed in range(20)}
    assert len(results) > 3 and all(result.isupper() for result in results)


def test_nothing_comes_in_that_speaks_against_what_the_person_says_of_their_life() -> None:
    told = "I'm 16 and in ninth grade, I hear a voice, my girlfriend broke up with me and we come from a Polish family."
    for line in (
        *("My team was merged with another one.", "My partner travels for work.", "Our daughter is ten weeks old."),
        *("I'm a Deaf woman of 26 and I prefer to write.", "The imam was kind and told me to be patient."),
        *("I stopped working in January.", "I'm saving for a course that begins in autumn, said the widower."),
    ):
        assert clashes(line, told), line
    assert not clashes("I've got two cats and they sleep on my keyboard.", told)
    assert clashes("I'm in the second year of my training as an electrician.", "as a 67 year old i live alone")
