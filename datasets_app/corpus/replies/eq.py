"""How well the assistant's replies meet the person: an estimate of emotional intelligence by rules.

It is the EQ of the replies and of nobody else: a person in distress is not graded. Four scores of 0-1, each the mean
over the replies that could be judged, None where there was nothing to judge; what counts is in docs/api.md. Words are
not a relationship: a reply can have every phrase and miss the person. For trends and for review, not for a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

import re2

from datasets_app.corpus.replies.eq_patterns import CUES, FEELINGS, OF_THEMSELVES
from datasets_app.corpus.screening.reading import plain
from datasets_app.corpus.taxonomy import EQ_SCORES

Messages = Sequence[Mapping[str, str]]

#: Characters read of one message: of a reply the beginning, where it meets the person; of the person's words the end.
MAX_CHARS: Final = 2_000
_DIGITS: Final = 4
_JOY: Final = "joy"
_OF_THEMSELVES: Final = "of_themselves"


@dataclass(frozen=True)
class Eq:
    """The four scores and the mean of those that are there; `replies` is how many replies were judged."""

    emotional_awareness: float | None
    empathy: float | None
    emotional_regulation: float | None
    social_cognition: float | None
    aggregate: float | None
    replies: int


@dataclass(frozen=True)
class _Exchange:
    """What the person said since the last reply, and what the reply has: cues, and the feelings that it names."""

    feelings: frozenset[str]
    of_themselves: bool
    cues: frozenset[str]
    named: frozenset[str]


def eq_of(messages: Messages) -> Eq:
    """Estimate the EQ of the assistant's replies to a person who speaks of themselves. Role and content per message."""
    exchanges = [exchange for exchange in _exchanges(messages) if exchange.feelings or exchange.of_themselves]
    scores = {name: _mean([_JUDGES[name](exchange) for exchange in exchanges]) for name in EQ_SCORES}
    return Eq(**scores, aggregate=_mean(list(scores.values())), replies=len(exchanges))


def _exchanges(messages: Messages) -> Iterator[_Exchange]:
    said: set[str] = set()
    answered = True
    for message in messages:
        if message["role"] == "user":
            said = (set() if answered else said) | _found(message["content"][-MAX_CHARS:])
            answered = False
        elif message["role"] == "assistant" and not answered:
            found = _found(message["content"][:MAX_CHARS])
            yield _Exchange(
                feelings=frozenset(said & FEELINGS.keys()),
                of_themselves=_OF_THEMSELVES in said,
                cues=frozenset(found & CUES.keys()),
                named=frozenset(found & FEELINGS.keys()),
            )
            answered = True


class Words:
    """All patterns in one automaton: one pass over a text says which of them it has."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        options = re2.Options()
        options.case_sensitive = False
        self._names = list(patterns)
        self._set = re2.Set.SearchSet(options)
        for pattern in patterns.values():
            self._set.Add(pattern.replace(" ", r"\s{1,4}"))
        self._set.Compile()

    def found(self, text: str) -> set[str]:
        return {self._names[number] for number in self._set.Match(text) or ()}


_WORDS: Final = Words({**FEELINGS, **CUES, _OF_THEMSELVES: OF_THEMSELVES})


def _found(text: str) -> set[str]:
    return _WORDS.found(plain(text))


def _awareness(exchange: _Exchange) -> float | None:
    """Does the reply notice what the person feels? Judged where the person says a feeling."""
    if not exchange.feelings:
        return None
    return _sum(
        exchange,
        0.2,
        {"reflects": 0.15, "dismisses": -0.25},
        named=0.35 if exchange.named else 0.0,
        met=0.3 if exchange.named & exchange.feelings else 0.0,
    )


def _empathy(exchange: _Exchange) -> float | None:
    """Does it take the person's side in how it feels? Judged where the person says a feeling."""
    if not exchange.feelings:
        return None
    weights = {"validates": 0.3, "cares": 0.2, "reflects": 0.1, "dismisses": -0.4, "blames": -0.3}
    return _sum(exchange, 0.25, weights, met=0.15 if exchange.named & exchange.feelings else 0.0)


def _regulation(exchange: _Exchange) -> float | None:
    """Does it stay calm and help the person to? Judged where the person is in distress, not in joy alone."""
    if not exchange.feelings - {_JOY}:
        return None
    weights = {"steadies": 0.25, "stays": 0.15, "allows": 0.1, "agitated": -0.3, "orders": -0.25, "dismisses": -0.25}
    return _sum(exchange, 0.5, weights)


def _cognition(exchange: _Exchange) -> float | None:
    """Does it look from their place, ask openly, check, leave the choice? Judged for every reply to the person."""
    weights = {
        "asks_openly": 0.25, "takes_view": 0.2, "checks": 0.1, "asks_leave": 0.1, "reflects": 0.1,
        "presumes": -0.25, "blames": -0.2, "dismisses": -0.15,
    }  # fmt: skip
    return _sum(exchange, 0.35, weights)


_JUDGES: Final = dict(zip(EQ_SCORES, (_awareness, _empathy, _regulation, _cognition), strict=True))


def _sum(exchange: _Exchange, base: float, weights: Mapping[str, float], **more: float) -> float:
    total = base + sum(weight for cue, weight in weights.items() if cue in exchange.cues) + sum(more.values())
    return min(1.0, max(0.0, total))


def _mean(scores: Sequence[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return round(fmean(known), _DIGITS) if known else None
