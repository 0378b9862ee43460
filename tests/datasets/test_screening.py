# ruff: noqa: E501  (one example, one line)
"""The rule-based detector: the guideline's boundary examples, context, and figures on real posts."""

import json

import pytest

from datasets_app.corpus.screening import assess
from datasets_app.corpus.taxonomy import RISK_LEVELS
from tests.paths import SHARED_DATA

BOUNDARY = [
    ("Everything's arranged, the letter is on the desk, tonight it stops.", "immediate_harm", 5),
    ("If he comes near my sister I'm going over with the bat; he's home now.", "immediate_harm", 5),
    ("I'll kill my brother if he ate my leftovers.", "none", None),
    ("It isn't about dying, the sting quiets my head.", "self_harm", 3),
    ("200 days clean; some nights I miss it.", "none", None),
    ("Deeper than usual and it won't stop bleeding.", "self_harm", 5),
    ("Third day dry, hands shaking, I keep seeing bugs.", "substance", 5),
    ("Four beers at the wedding, so hungover.", "none", None),
    ("I took more than I meant, I only wanted to sleep. I feel cold.", "substance", 5),
    ("Heart hammering, fingers numb, sure I'm dying in this car park.", "panic", 4),
    ("I panicked when I saw the bill lol.", "none", None),
    ("Chest crushing, arm numb: is it panic?", "panic", 5),
    ("The neighbours play my thoughts through the pipes, so I stopped eating.", "psychotic", 4),
    ("The voice says before Sunday, and I'm starting to agree.", "psychotic", 5),
    ("My brain keeps telling me I'm useless; I know it's just me.", "none", None),
    ("I'd never act, but a truck crossing the line wouldn't bother me.", "passive_ideation", 3),
    ("I could sleep for a year.", "none", None),
    ("They'd manage better without me. Anyway, thanks for everything.", "passive_ideation", 4),
    ("This exam is killing me, I want to die.", "none", None),
    ("My cousin took his life in May and I can't stop crying.", "none", None),
    ("For my essay: why do people self-harm?", "none", None),
    ("Thought about it last year, therapy helped.", "passive_ideation", 1),
    ("Every night, but I wouldn't.", "passive_ideation", 3),
    ("I know how, not when.", "immediate_harm", 4),
]


def said(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text} for text in texts]


@pytest.mark.parametrize(("text", "crisis_type", "severity"), BOUNDARY)
def test_boundary_examples_of_the_guideline(text: str, crisis_type: str, severity: int | None) -> None:
    found = assess(said(text))
    assert (found.crisis_type, found.severity) == (crisis_type, severity)
    assert (found.score >= 0.4) == (severity is not None and severity >= 2)


@pytest.mark.parametrize(
    "text",
    ["I do not want to die.", "I'd never kill myself.", "She said \"I want to die\" and hung up.", "He wants to kill himself.",
     "I was suicidal years ago and got better, in recovery.", "We bought pills for the dog.", "Work cut my hours.", "My son has panic attacks."],
)  # fmt: skip
def test_negated_quoted_past_and_other_people_raise_no_alarm(text: str) -> None:
    assert assess(said(text)).score < 0.4


@pytest.mark.parametrize(
    "text",
    ["I'm not suicidal, but the letter is on the desk and tonight it stops.", "lol anyway the pills are in front of me haha",
     "I'm fine really. I have a plan and what I need."],
)  # fmt: skip
def test_denial_and_humour_cancel_no_plan_means_or_time(text: str) -> None:
    assert assess(said(text)).severity in (4, 5)


def test_hyperbole_that_persists_counts() -> None:
    assert not assess(said("This homework makes me want to die lol")).crisis
    assert assess(
        said("This homework makes me want to die lol", "no seriously. I don't want to wake up any more")
    ).crisis


def test_answer_gets_its_meaning_from_the_question() -> None:
    asked = [{"role": "assistant", "content": "Are you having thoughts of suicide?"}]
    assert assess([*asked, *said("yes, most days")]).crisis_type == "passive_ideation"
    assert not assess([*asked, *said("no, nothing like that")]).crisis
    assert not assess([{"role": "assistant", "content": "Do you like tea?"}, *said("yes, most days")]).crisis


def test_words_of_the_assistant_are_no_signals() -> None:
    assert assess([{"role": "assistant", "content": "Do you want to kill yourself? I want to die."}]).score < 0.1


def test_voice_with_a_time_carries_immediate_harm_as_second_type() -> None:
    found = assess(said("The voice says before Sunday, and I'm starting to agree."))
    assert "immediate_harm" in found.secondary_types


def test_immediate_timeline_means_imminent_risk() -> None:
    found = assess(said("I'm going to kill myself tonight."))
    assert (found.timeline, found.risk_level) == ("immediate", "imminent")


def test_flags_and_protective_factors() -> None:
    assert assess(said("My cousin took his life in May.")).bereavement
    assert assess(said("My friend said she wants to die and I'm scared.")).about_someone_else
    assert assess(said("Chest crushing, arm numb: is it panic?")).medical
    found = assess(said("I wish I was dead, but my kids need me and I told my therapist."))
    assert found.protective_factors == ("social_support", "responsibility_to_others")
    assert found.crisis_type == "passive_ideation"


def test_spans_point_at_the_words_and_the_answer_holds_none_of_them() -> None:
    text = "It’s late… I want to kill myself"
    found = assess(said("hello", text))
    assert [text[item.start : item.end] for item in found.signals] == ["want to kill myself"]
    assert found.signals[0].message == 1
    assert "kill myself" not in json.dumps(found.as_dict())
    assert found.risk_level in RISK_LEVELS


@pytest.mark.parametrize("text", ["", " ", "a" * 200_000, "i want " * 30_000, "\n" * 50_000, "“”’‘…" * 1000, "日本語"])
def test_odd_texts_are_assessed(text: str) -> None:
    assert 0.0 <= assess(said(text)).score <= 1.0


@pytest.mark.skipif(not SHARED_DATA.exists(), reason="the shared data folder is not here")
def test_figures_on_real_posts_hold() -> None:
    """Measured on both halves: 184 of T-SID's 222 suicide posts (jokes about dying among them), 3 of 501 false alarms
    on its controls, 10 of 6,849 on everyday stress. Half by half, with intervals: docs/screening.md.
    """

    def rows(name: str) -> list[dict[str, str]]:
        return [json.loads(line) for line in (SHARED_DATA / "real" / name).read_text().splitlines()]

    def share(texts: list[str]) -> float:
        return sum(assess(said(text)).crisis for text in texts) / len(texts)

    posts = rows("imhi_t_sid.jsonl")
    assert share([row["text"] for row in posts if row["label"].startswith("suicide")]) >= 0.80
    assert share([row["text"] for row in posts if row["label"] == "no mental disorders"]) <= 0.01
    assert share([row["text"] for row in rows("sad.jsonl")[::3]]) <= 0.004


@pytest.mark.parametrize(
    "text", ["i want " + "really " * 2800, "voices tell " * 1600, "i took all the pills and " * 800]
)
def test_repetition_cannot_multiply_the_signals(text: str) -> None:
    assert len(assess(said(text)).signals) <= 200
