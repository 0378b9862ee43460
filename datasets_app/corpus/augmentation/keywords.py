# ruff: noqa: E501  (a list of stems)
"""The words a crisis is told in. A child has every one that its parent has, as often, and none more.

This is a second look beside the screening rules and knows nothing of their grammar: whatever a rewriting does to the
sentence around it, these words are still there, and no new one came in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

_STEMS: Final = (
    "suicid", "kill", "die", "dies", "died", "dying", "dead", "death", "murder", "harm", "hurt", "cut", "cutting", "cuts", "burn", "bleed", "blood", "scar", "razor", "blade", "knife", "gun", "rope", "noose",
    "bridge", "roof", "ledge", "pill", "pills", "tablet", "overdos", "dose", "drink", "drank", "drunk", "vodka", "whisky", "wine", "beer", "rum", "sober", "relaps", "withdraw", "craving", "heroin", "xanax",
    "oxy", "codeine", "tramadol", "valium", "percocet", "fentanyl", "cocaine", "meth", "panic", "heart", "chest", "breath", "breathe", "shak", "numb", "dizzy", "faint", "voice", "voices", "whisper", "watch",
    "spy", "follow", "poison", "implant", "vision", "hallucinat", "paranoi", "burden", "disappear", "vanish", "goodbye", "farewell", "letter", "note", "wake", "alive", "live", "living", "life", "exist",
    "born", "plan", "attempt", "tonight", "tomorrow", "end", "ending", "hang", "jump", "drown", "shoot", "stab", "strangl", "hate", "worthless", "hopeless", "trapped", "pointless", "abus", "rape", "beat",
    "weapon", "bat", "bomb", "attack", "urge", "scratch", "punch", "hit", "starv", "purg", "high", "detox", "hospital", "ambulance", "emergency", "988", "911", "999",
)  # fmt: skip
# A stem of five letters and more stands for whatever begins with it; the shorter ones are whole words.
_WHOLE: Final = frozenset(stem for stem in _STEMS if len(stem) < 5)
_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_BEGINS: Final = tuple(stem for stem in _STEMS if len(stem) >= 5)
# Also as people type them in a hurry, without the apostrophe.
_NEGATIONS: Final = frozenset(
    [
        "not",
        "never",
        "cannot",
        "dont",
        "doesnt",
        "didnt",
        "isnt",
        "wasnt",
        "arent",
        "cant",
        "couldnt",
        "wont",
        "wouldnt",
        "havent",
        "hasnt",
        "shouldnt",
    ]
)


def crisis_words(messages: Sequence[Mapping[str, str]]) -> Counter[str]:
    """Count the words of a crisis, and the negations, in what the user says; "don't" counts as "not"."""
    found: Counter[str] = Counter()
    for message in messages:
        if message["role"] != "user":
            continue
        for word in _WORD.findall(message["content"].lower().replace("\u2019", "'")):
            found.update(_counted(word))
    return found


def _counted(word: str) -> tuple[str, ...]:
    if word in _NEGATIONS or word.endswith("n't"):
        return ("not",)
    plain = word.partition("'")[0]
    if plain in _WHOLE or plain.startswith(_BEGINS):
        return (plain,)
    return ()
