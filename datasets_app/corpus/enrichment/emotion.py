"""Emotion of the person by rules: ten classes from words of feeling, valence and arousal from the classes.

Words are not feelings: sarcasm, quotes and what is left unsaid are read wrongly. A trained head reads meaning
(figures of both on real comments: docs/enrichment.md); this is what works without one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import re2

from datasets_app.corpus.replies.eq import Words
from datasets_app.corpus.screening.reading import plain
from datasets_app.corpus.taxonomy import EMOTIONS

from .emotion_patterns import CLASS_OF, PATTERNS, TAKEN_BACK

#: Characters read of one message, its end: the rest of the person's words count for no more.
MAX_CHARS: Final = 4_000
NEUTRAL: Final = "neutral"
#: Valence -1..1 and arousal -1..1 of each class: after Russell and Mehrabian (1977), rounded to a tenth. Trust,
#: anticipation and neutral are not among their terms and were placed by us.
COORDINATES: Final[Mapping[str, tuple[float, float]]] = {
    "joy": (0.8, 0.5),
    "trust": (0.6, 0.0),
    "fear": (-0.6, 0.6),
    "surprise": (0.4, 0.7),
    "sadness": (-0.6, -0.3),
    "disgust": (-0.6, 0.4),
    "anger": (-0.5, 0.6),
    "anticipation": (0.3, 0.4),
    "shame": (-0.6, 0.0),
    "neutral": (0.0, 0.0),
}
_DIGITS: Final = 4
# A text without a sign is neutral; each sentence with a sign of a class counts as much as two of these.
_NEUTRAL_PRIOR: Final = 0.5
_PRIOR: Final = 0.01
_SENTENCE: Final = re.compile(r"[^.!?\n]+[.!?\n]*")
_WORDS: Final = Words(PATTERNS)
_TAKEN_BACK: Final = re2.compile(TAKEN_BACK)


@dataclass(frozen=True)
class Emotion:
    """Shares of the ten classes (they sum to 1), and where they lie on valence and arousal, both -1..1."""

    classes: Mapping[str, float]
    valence: float
    arousal: float

    @property
    def top(self) -> str:
        """The class with the largest share; the first of equals."""
        return max(EMOTIONS, key=lambda name: self.classes[name])


def emotion_of(texts: Sequence[str]) -> Emotion:
    """Estimate the emotion of what one person says, by the words of feeling in each sentence."""
    counts: Counter[str] = Counter()
    for text in texts:
        for sentence in _SENTENCE.findall(_TAKEN_BACK.sub(" ", plain(text[-MAX_CHARS:]))):
            counts.update({CLASS_OF[name] for name in _WORDS.found(sentence)})
    weights = {name: counts[name] + (_NEUTRAL_PRIOR if name == NEUTRAL else _PRIOR) for name in EMOTIONS}
    whole = sum(weights.values())
    return emotion_from({name: weight / whole for name, weight in weights.items()})


def emotion_from(shares: Mapping[str, float]) -> Emotion:
    """Return the emotion of known shares of the ten classes."""
    valence = sum(share * COORDINATES[name][0] for name, share in shares.items())
    arousal = sum(share * COORDINATES[name][1] for name, share in shares.items())
    return Emotion(
        {name: round(shares[name], _DIGITS) for name in EMOTIONS}, round(valence, _DIGITS), round(arousal, _DIGITS)
    )
