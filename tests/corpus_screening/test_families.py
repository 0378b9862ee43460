"""Ten signal families, and severity, timeline and protective factors by the guidelines. All sentences are invented."""

from __future__ import annotations

import pytest

from datasets_app.corpus.screening import assess
from datasets_app.corpus.taxonomy import SignalFamily
from tests.corpus_screening.saying import said

FAMILIES = {
    "suicidal_ideation": "I keep thinking about killing myself.",
    "self_harm": "I've been cutting again, mostly at night.",
    "psychosis": "The voices in my head comment on everything I do.",
    "agitation": "I have urges to hurt my brother and I can't control my temper.",
    "substance": "I can't stop drinking, I start before work.",
    "depression": "I feel worthless and I can't get out of bed.",
    "panic": "I'm having panic attacks every day.",
    "trauma_abuse": "I was raped and the flashbacks come every night.",
    "domestic_violence": "My husband hits me when he drinks.",
    "medical_emergency": "My chest is crushing and my arm is numb.",
}


def test_every_family_has_its_example() -> None:
    assert set(FAMILIES) == {family.value for family in SignalFamily}


@pytest.mark.parametrize(("family", "text"), FAMILIES.items())
def test_family_is_found(family: str, text: str) -> None:
    assert family in {signal.family for signal in assess(said(text)).signals}


@pytest.mark.parametrize(
    ("text", "crisis_type", "severity"),
    [
        ("I thought about suicide years ago, therapy helped.", "passive_ideation", 1),
        ("Someone kill me, this is too much.", "passive_ideation", 2),
        ("I wish I could fall asleep and never wake up.", "passive_ideation", 3),
        ("I've decided to die, I just don't know the day.", "immediate_harm", 4),
        ("How many pills does it take to overdose and die?", "immediate_harm", 4),
        ("I have the gun in my hand.", "immediate_harm", 5),
        ("I'm ending it tonight.", "immediate_harm", 5),
        ("I hit myself when I make mistakes.", "self_harm", 3),
        ("I just took 40 sleeping pills.", "substance", 5),
        ("I drank a bottle of vodka and took xanax.", "substance", 4),
        ("They're following me, different cars, same men.", "psychotic", 4),
        ("The voice tells me to kill him before Sunday.", "psychotic", 5),
    ],
)
def test_type_and_severity(text: str, crisis_type: str, severity: int) -> None:
    found = assess(said(text))
    assert (found.crisis_type, found.severity) == (crisis_type, severity)


@pytest.mark.parametrize(
    ("text", "timeline", "level"),
    [
        ("I'm going to kill myself tonight.", "immediate", "imminent"),
        ("I'm going to kill myself next week.", "short_term", "high"),
        ("I'm going to kill myself one day.", "ongoing", "high"),
        ("I wish I was dead.", "ongoing", "moderate"),
        ("We had soup for lunch.", "ongoing", "none"),
    ],
)
def test_timeline_and_risk_level(text: str, timeline: str, level: str) -> None:
    found = assess(said(text))
    assert (found.timeline, found.risk_level) == (timeline, level)


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("My sister is with me", "social_support"),
        ("I use my safety plan", "coping_skills"),
        ("I want to get better", "hope"),
        ("My kids need me", "responsibility_to_others"),
    ],
)
def test_a_protective_factor_is_named_and_lowers_the_score_but_cancels_nothing(text: str, factor: str) -> None:
    alone, held = assess(said("I wish I was dead.")), assess(said(f"I wish I was dead. {text}."))
    assert held.protective_factors == (factor,)
    assert held.score < alone.score
    assert held.severity == alone.severity
    planned = "I'm going to kill myself tonight."
    assert assess(said(f"{planned} {text}.")).score == assess(said(planned)).score


def test_a_denied_factor_is_none() -> None:
    assert assess(said("I wish I was dead and I never told my therapist.")).protective_factors == ()


@pytest.mark.parametrize(
    ("text", "crisis_type"),
    [
        ("My bags are packed for the journey with no return.", "immediate_harm"),
        ("Every day I keep hoping for a lightning strike.", "passive_ideation"),
        ("I draw red lines on my arm until it is quiet.", "self_harm"),
        ("I am married to the bottle again.", "substance"),
        ("It is an attack of nerves, my chest fills with wind and I fall.", "panic"),
        ("The one behind the wall gives me orders every hour.", "psychotic"),
    ],
)
def test_pictures_and_idioms_of_distress(text: str, crisis_type: str) -> None:
    assert assess(said(text)).crisis_type == crisis_type


def test_weak_cues_together_are_a_mild_sign_and_apart_none() -> None:
    cues = ("I feel worthless and nobody cares.", "I give up, it is all pointless.", "It will be over soon.")
    found = assess(said(" ".join(cues)))
    assert (found.crisis_type, found.severity) == ("passive_ideation", 2)
    assert not assess(said(cues[0])).crisis
    assert not assess(said("I give up.", "We had soup. " * 120, "My funeral suit does not fit.")).crisis


def test_weak_cues_make_a_bare_word_of_suicide_a_moderate_concern() -> None:
    bare = "I think of it now and then, to kill myself."
    assert assess(said(bare)).severity == 2
    assert (
        assess(said(f"{bare} I hate my life, I feel worthless, nothing will get better and I give up.")).severity == 3
    )
