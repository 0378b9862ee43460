"""How a person types: case, apostrophes, slips of the finger, abbreviations, and what age does to it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

REGISTERS: Final = ("plain", "texting", "formal", "second_language", "rambling", "terse")

_SHORT: Final = {
    "you": "u", "are": "r", "because": "bc", "right now": "rn", "going to": "gonna", "want to": "wanna",
    "I don't know": "idk", "to be honest": "tbh", "people": "ppl", "really": "rly", "with": "w/", "though": "tho",
    "tonight": "2nite", "please": "pls", "about": "abt", "something": "smth", "your": "ur", "okay": "ok",
}  # fmt: skip
_LONG: Final = {
    "can't": "cannot", "don't": "do not", "I'm": "I am", "it's": "it is", "won't": "will not", "I've": "I have",
    "doesn't": "does not", "gonna": "going to", "wanna": "want to", "there's": "there is", "yeah": "yes",
}  # fmt: skip
_ARTICLES: Final = re.compile(r"\b(?:the|a|an) ", re.IGNORECASE)
_NEIGHBOURS: Final = {
    "a": "s", "e": "r", "i": "o", "o": "p", "t": "y", "n": "m", "s": "d", "h": "j", "r": "t", "l": "k", "u": "i",
}  # fmt: skip
_WORD: Final = re.compile(r"[A-Za-z]{4,}")
_RAMBLE: Final = (" and", " like", " you know", " I mean", " anyway")


@dataclass(frozen=True, slots=True)
class Hand:
    """One person's way of typing. Shares are probabilities per word (slips) or per text."""

    register: str
    lower: bool
    shouting: bool
    bare: bool
    no_apostrophes: bool
    dots: bool
    slips: float

    def write(self, text: str, rng: random.Random) -> str:
        """Return the text as this person would type it. Same rng state, same text."""
        for change in (self._words, self._slips, self._signs, self._case):
            text = change(text, rng)
        return text

    def _words(self, text: str, rng: random.Random) -> str:
        if self.register == "texting":
            return _replaced(text, _SHORT, lambda: rng.random() < 0.6)
        if self.register == "formal":
            return _replaced(text, _LONG, lambda: rng.random() < 0.85)
        if self.register == "second_language":
            return _ARTICLES.sub(lambda found: "" if rng.random() < 0.45 else found.group(), text)
        if self.register == "rambling":
            return re.sub(
                r"[.,;] ", lambda found: rng.choice(_RAMBLE) + " " if rng.random() < 0.4 else found.group(), text
            )
        return text

    def _slips(self, text: str, rng: random.Random) -> str:
        return _WORD.sub(lambda found: _slip(found.group(), rng) if rng.random() < self.slips else found.group(), text)

    def _signs(self, text: str, rng: random.Random) -> str:
        if self.no_apostrophes:
            text = text.replace("'", "")
        if self.dots:
            text = text.replace(", ", "... ", 1)
        return text.rstrip(".") if self.bare else text

    def _case(self, text: str, _: random.Random) -> str:
        if self.shouting:
            return text.upper()
        if self.lower:
            return text.lower()
        return sentence_case(text)


def hand_for(age: str, rng: random.Random) -> Hand:
    """Draw a way of typing for an age band ("teen", "young", "adult", "older")."""
    weights = {
        "teen": (3, 6, 0, 1, 2, 2),
        "young": (4, 4, 1, 2, 2, 2),
        "adult": (5, 1, 2, 2, 2, 1),
        "older": (4, 0, 4, 2, 2, 1),
    }[age]
    register = rng.choices(REGISTERS, weights=weights)[0]
    careless = {"texting": 0.85, "formal": 0.03, "terse": 0.6}.get(register, 0.25)
    return Hand(
        register=register,
        lower=rng.random() < careless,
        shouting=rng.random() < 0.02,
        bare=rng.random() < careless,
        no_apostrophes=rng.random() < careless * 0.5,
        dots=rng.random() < 0.15,
        slips=rng.choice((0.0, 0.0, 0.01, 0.03)) if register != "formal" else 0.0,
    )


def sentence_case(text: str) -> str:
    """Return the text with its sentences begun by capitals."""
    return re.sub(r"(^|[.?!] )([a-z])", lambda found: found.group(1) + found.group(2).upper(), text)


def _replaced(text: str, table: dict[str, str], wanted: Callable[[], bool]) -> str:
    for word, other in table.items():
        if word in text and wanted():
            text = re.sub(rf"\b{re.escape(word)}\b", other, text)
    return text


def _slip(word: str, rng: random.Random) -> str:
    """Swap, drop, double or miss a letter inside the word."""
    place = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[:place] + word[place] + word[place:]
    return word[:place] + _NEIGHBOURS.get(word[place], word[place]) + word[place + 1 :]
