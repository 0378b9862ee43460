# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""What a plain "yes" means: it takes its meaning from the assistant's question before it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from datasets_app.corpus.taxonomy import CrisisSignal, SignalFamily

from .reading import Reading, plain
from .signals import Signal, compiled

#: A question is looked for in the end of a message: what was asked last is what is answered.
_ASKED_CHARS: Final = 2_000
#: The user's messages after a question that may answer it: people send "hm" before "yes".
_MAY_ANSWER: Final = 2
#: A phrase is asked when a question mark follows it, or "are you", "do you" stand just before it.
_BEFORE_CHARS: Final = 60
_ASKS: Final = compiled(r"\b(?:are|do|have|did|were|had) (?:you|u)\b")
_AFFIRMED: Final = compiled(
    r"\A\W{0,20}(?:(?:honestly|well|um+|uh+|i guess|i mean|to be honest|tbh|actually|hm+|ok|okay)[, .]{1,4})?(?:yes|yeah|yep|yea|yup|sometimes|often|constantly|always|every (?:day|night|morning|evening)|all the time|a lot|lately|i (?:do|have|am)\b(?! (?:not|never|fine|ok|okay|good|better|just)|n'?t)|i (?:think|thought) about (?:it|that)|i (?:think|guess) so|maybe|kind of|most (?:days|nights|of the time|mornings|evenings)|(?:some|many) (?:days|nights|times)|from time to time|now and (?:then|again)|(?:quite|pretty|very|too|more) (?:often|much)|kinda|sort of|unfortunately|of course|probably|daily|mhm+|if i'?m honest|it (?:has |'?s )?cross(?:ed|es) my mind)\b(?! not\b)"
)


@dataclass(frozen=True)
class Question:
    """Something an assistant asks. `words`: one of them stands in every text that asks it; `follows`: only after a yes."""

    rule: str
    pattern: re.Pattern[str]
    words: tuple[str, ...]
    crisis_type: str
    severity: int
    signal: CrisisSignal
    follows: bool = False


QUESTIONS: Final[tuple[Question, ...]] = (
    Question(
        "plan_affirmed",
        compiled(r"\b(?:plans?\b(?: (?:\w+ ){0,3}(?:to (?:die|do it|end|kill)|how|for (?:it|that)))?|planned how|(?:thought|thinking|decided) (?:about |of |on )?(?:how|when|where) (?:you|to)|how you (?:would|might|will|want to) (?:do|end)|access to|what you need|(?:gun|pills|rope|means|medication) (?:at home|with you|near you|in the house|nearby))"),
        ("plan", "how you", "access to", "what you need", "when you", "how to", "at home", "with you", "near you", "in the house", "nearby"),
        "immediate_harm",
        4,
        CrisisSignal.SUICIDE_PLAN,
        follows=True,
    ),
    Question(
        "plan_affirmed",
        compiled(r"\b(?:plan(?:s|ning)?|thought (?:about|of) (?:how|when)|know how|decided (?:how|when))\b[^.?!]{0,40}\b(?:kill(?:ing)? yourself|end(?:ing)? (?:your life|it all)|suicid\w{0,9}|to die\b|take your (?:own )?life)"),
        ("plan", "thought", "know how", "decided"),
        "immediate_harm",
        4,
        CrisisSignal.SUICIDE_PLAN,
    ),
    Question(
        "affirmed_when_asked",
        compiled(r"\b(?:suicid\w{0,9}|(?:ending|end|take|taking) your (?:own )?life|end(?:ing)? it all|kill(?:ing)? yourself|hurt(?:ing)? yourself|harm(?:ing)? yourself|wish(?:ing)? (?:you were|to be) dead|better off dead|not wanting to (?:live|be here|be alive)|not (?:want to )?wake up|thoughts? (?:of|about) (?:death|dying))\b"),
        ("suicid", "yourself", "your life", "your own life", "to be dead", "were dead", "off dead", "not wanting to", "wake up", "end it all", "ending it all", "of death", "dying", "about death"),
        "passive_ideation",
        3,
        CrisisSignal.SUICIDAL_IDEATION,
    ),
)  # fmt: skip


def asked_in(messages: Sequence[Mapping[str, str]]) -> dict[int, tuple[Question, ...]]:
    """The user's messages that may answer a question of QUESTIONS, by their place, with what was asked."""
    found: dict[int, tuple[Question, ...]] = {}
    asked: tuple[Question, ...] = ()
    left = 0
    for index, message in enumerate(messages):
        if message["role"] == "assistant":
            asked, left = _questions(message["content"]), _MAY_ANSWER
        elif message["role"] == "user" and asked and left:
            found[index] = asked
            left -= 1
    return found


def _questions(text: str) -> tuple[Question, ...]:
    end = text[-_ASKED_CHARS:]
    lowered = end.lower()
    return tuple(
        question
        for question in QUESTIONS
        if any(word in lowered for word in question.words) and _is_asked(question.pattern, plain(end))
    )


def _is_asked(pattern: re.Pattern[str], text: str) -> bool:
    for match in pattern.finditer(text):
        if "?" in text[match.end() :] or _ASKS.search(text, max(0, match.start() - _BEFORE_CHARS), match.start()):
            return True
    return False


def affirmed(readings: Sequence[tuple[int, Reading]], asked: Mapping[int, tuple[Question, ...]]) -> list[Signal]:
    """The signals of plain yeses. A plan is affirmed only where the thought was before it, whatever else is planned."""
    found: list[Signal] = []
    thought = False
    for index, reading in readings:
        questions = asked.get(index, ())
        answer = _AFFIRMED.search(reading.text) if questions else None
        if not answer:
            continue
        known = [question for question in questions if thought or not question.follows]
        thought = thought or bool(known)
        if known:
            found.append(_signal(known[0], index, reading, answer))
    return found


def _signal(question: Question, index: int, reading: Reading, answer: re.Match[str]) -> Signal:
    family = SignalFamily.SUICIDAL_IDEATION.value
    start, end = reading.place(answer.start()), reading.place(answer.end())
    return Signal(
        question.rule, family, question.crisis_type, question.severity, index, start, end, signal=question.signal.value
    )
