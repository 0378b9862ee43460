"""Paraphrase of a message: other words, another order, another frame; the words of a signal stay as they are."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Final

from .spans import Span, is_free, like, sentences
from .wording import ALTERNATIVES, CONTRACTIONS, GREETINGS, LEADS, TAILS

_PHRASES: Final = re.compile(
    r"(?<![\w'])(?:"
    + "|".join(re.escape(phrase) for phrase in sorted(ALTERNATIVES, key=len, reverse=True))
    + r")(?![\w'])",
    re.IGNORECASE,
)
_CONTRACTED: Final = re.compile(
    r"(?<![\w'])(?:"
    + "|".join(re.escape(short) for short in sorted(CONTRACTIONS, key=len, reverse=True))
    # "It's been" is "it has been", and "don't you dare" has no other form.
    + r")(?![\w'])(?! (?:been|got|gone|had|become|you|i|we|they)\b)",
    re.IGNORECASE,
)
# "I spend my evenings alone since the divorce." and the other way round.
_CLAUSE_LAST: Final = re.compile(
    r"(?P<main>[^,;:]{12,}?),? (?P<clause>(?:since|because|although) [^,;:.!?]{6,})(?P<stop>[.!?]*)"
)
_CLAUSE_FIRST: Final = re.compile(
    r"(?P<clause>(?:since|because|although) [^,;:.!?]{6,}), (?P<main>[^,;:.!?]{12,})(?P<stop>[.!?]*)", re.IGNORECASE
)
_SPLIT_AT: Final = re.compile(r"(?<=\w), (?P<word>and|but|so) (?=(?:i|it|we|they|he|she|there)\b)", re.IGNORECASE)
# A greeting and nothing more: "hey I haven't slept" is no greeting, and would be lost with one.
_GREETING: Final = re.compile(
    r"(?:(?:hi|hey|hello|good (?:evening|morning|afternoon))(?: there)?[,.!]{0,3} ?"
    r"(?:is (?:someone|somebody|anyone|anybody) there)?|sorry to bother you so late|ok so, long story)[.!?]{0,3}",
    re.IGNORECASE,
)
# What a frame may stand before: a statement, by how it begins. "The thing is, thanks" says nothing.
_STATEMENT: Final = re.compile(
    r"(?:i|i'?(?:m|ve|d|ll)|my|it|it'?s|there|we|we'?re|they|they'?re|he|she|everything|nothing|since|because|the|a|an|"
    r"this|that'?s|work|nobody|somebody|most|if|when|some|part|for|every|things)\b",
    re.IGNORECASE,
)
_KEEPS_CAPITAL: Final = re.compile(r"(?:I\b|[A-Z][a-z]+ [A-Z]|[A-Z]{2})")
_PHRASE_SHARE, _CONTRACTION_SHARE, _LEAD_SHARE, _TAIL_SHARE = 0.85, 0.6, 0.7, 0.35
#: Where a message is longer than that, a frame is put around one sentence in three of it, not only around the first.
_LONG_SENTENCES: Final = 4
#: A statement of less is a scrap ("when.", "so"), and a frame before it says nothing.
_STATEMENT_WORDS: Final = 3
#: A sentence is cut where what comes before is one of its own.
_CUT_WORDS: Final = 4
_OPENINGS: Final = tuple(lead.lower() for lead in LEADS)


class Rewording:
    """Says the messages of one conversation otherwise: the same word by the same other, no frame twice."""

    def __init__(self, rng: random.Random, said: str) -> None:
        """`said` is all that the person has written so far, with the frames of an earlier rewording."""
        self._rng = rng
        text = said.lower()
        self._leads = [lead for lead in LEADS if lead.strip().lower() not in text]
        self._tails = [tail for tail in TAILS if tail.rstrip(".").lower() not in text]
        self._others: dict[str, str] = {}

    def reword(self, text: str, taken: Sequence[Span], *, greeting: bool = False, framed: bool = False) -> str:
        """Return the message said otherwise, or as it is where nothing may be changed.

        `taken` are untouchable places; a message that is `framed` by somebody else gets no frame of ours.
        """
        rng = self._rng
        if greeting and not taken and _GREETING.fullmatch(text.strip()):
            return like(text, rng.choice([known for known in GREETINGS if known.lower() != text.strip().lower()]))
        spoken = [(text[start:end], _within(taken, start, end)) for start, end in sentences(text)]
        capitals = any(letter.isupper() for letter in text)
        parts = []
        for sentence, spans in spoken:
            moved = _moved(sentence, spans, rng)
            parts.append(self._replaced(moved, spans, capitals))
        if not framed:
            for place in _framed_places(parts, rng)[: len(self._leads)]:
                parts[place] = _led(parts[place], self._leads.pop(rng.randrange(len(self._leads))))
            if self._tails and rng.random() < _TAIL_SHARE and not text.rstrip().endswith("?"):
                parts.append(like(text, self._tails.pop(rng.randrange(len(self._tails)))))
        return _joined(parts)

    def _replaced(self, sentence: str, taken: Sequence[Span], capitals: bool) -> str:
        """Put other words for known ones. Places of `taken` hold for the sentence as it came, so from its end."""
        found: list[tuple[int, int, str]] = []
        for pattern, choose in ((_PHRASES, self._alternative), (_CONTRACTED, self._in_full)):
            for match in pattern.finditer(sentence):
                others = [(first, last) for first, last, _ in found]
                if is_free(match.start(), match.end(), [*taken, *others]):
                    found.append((match.start(), match.end(), _cased(match.group(), choose(match.group()), capitals)))
        for start, end, other in sorted(found, reverse=True):
            sentence = sentence[:start] + other + sentence[end:]
        return sentence

    def _alternative(self, phrase: str) -> str:
        known = phrase.lower()
        if known not in self._others:
            kept = self._rng.random() >= _PHRASE_SHARE
            self._others[known] = known if kept else self._rng.choice(ALTERNATIVES[known])
        return self._others[known]

    def _in_full(self, phrase: str) -> str:
        return CONTRACTIONS[phrase.lower()] if self._rng.random() < _CONTRACTION_SHARE else phrase.lower()


def _within(taken: Sequence[Span], start: int, end: int) -> list[Span]:
    return [
        (max(first, start) - start, min(last, end) - start) for first, last in taken if first < end and last > start
    ]


def _framed_places(parts: Sequence[str], rng: random.Random) -> list[int]:
    """Where a frame goes: before one statement, in long messages before one in three."""
    fit = [place for place, part in enumerate(parts) if _is_statement(part)]
    if not fit or rng.random() > _LEAD_SHARE:
        return []
    return sorted(rng.sample(fit, max(1, len(fit) // 3) if len(parts) > _LONG_SENTENCES else 1))


def _is_statement(part: str) -> bool:
    """Whether a frame may stand before it: a statement, and none that has one already."""
    if part.endswith("?") or len(part.split()) < _STATEMENT_WORDS or part.lower().startswith(_OPENINGS):
        return False
    return bool(_STATEMENT.match(part))


def _joined(parts: Sequence[str]) -> str:
    text = ""
    for part in parts:
        if text and text[-1].isalnum():
            text += "."
        text = f"{text} {part}".strip()
    return text


def _cased(model: str, text: str, capitals: bool) -> str:
    """Return `text` in the case of what it takes the place of; "I" where the person writes capitals at all."""
    if model.isupper() and len(model) > 1:
        return text.upper()
    if capitals:
        text = re.sub(r"\bi\b", "I", text)
    return text[:1].upper() + text[1:] if model[:1].isupper() else text


def _moved(sentence: str, taken: Sequence[Span], rng: random.Random) -> str:
    """Move a clause to the other end, or cut a long sentence in two. Nothing is moved out of the middle of a signal."""
    for pattern, order in ((_CLAUSE_FIRST, _clause_last), (_CLAUSE_LAST, _clause_first)):
        match = pattern.fullmatch(sentence)
        if match and rng.random() < 0.8 and not taken:
            return order(match)
    cuts = [
        match
        for match in _SPLIT_AT.finditer(sentence)
        if is_free(match.start(), match.end(), taken) and _stands_alone(sentence[: match.start()])
    ]
    if cuts and rng.random() < 0.5:
        cut = rng.choice(cuts)
        word = cut.group("word")
        typed = word if sentence[:1].islower() else word.capitalize()
        # As long as what it takes the place of, but for the space: the spans after it move with it.
        new = f". {typed} "
        assert len(new) == cut.end() - cut.start()
        return sentence[: cut.start()] + new + sentence[cut.end() :]
    return sentence


def _stands_alone(text: str) -> bool:
    """Whether what comes before a cut is long enough for a sentence, and no list or aside ("I'm 30, a mother, and")."""
    return len(text.split()) >= _CUT_WORDS and "," not in text


def _clause_first(match: re.Match[str]) -> str:
    return f"{_capital(match['clause'], match['main'])}, {_small(match['main'])}{match['stop']}"


def _clause_last(match: re.Match[str]) -> str:
    return f"{_capital(match['main'], match['clause'])} {_lowered(match['clause'])}{match['stop']}"


def _lowered(clause: str) -> str:
    """A clause that came first begins with its conjunction, never with a name."""
    return clause[:1].lower() + clause[1:]


def _capital(text: str, model: str) -> str:
    return text[:1].upper() + text[1:] if model[:1].isupper() else text


def _small(text: str) -> str:
    return text if _KEEPS_CAPITAL.match(text) else text[:1].lower() + text[1:]


def _led(sentence: str, lead: str) -> str:
    if sentence.isupper():
        return f"{lead.upper()}{sentence}"
    return f"{lead if not sentence[:1].islower() else lead.lower()}{_small(sentence)}"
