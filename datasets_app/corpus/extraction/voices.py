"""The voice of a persona, measured: how it speaks, not what it says. Sums per passage, features of all of them.

The signature is the persona's id and a hash over the rounded features: the same words give the same one, in whatever
order, and other words another. It tells voices of a set apart; it proves nobody's identity.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Final

import orjson

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE: Final = re.compile(r"[^.!?]+[.!?]*")
_GROUPS: Final[dict[str, str]] = {
    "first_person": "i me my mine myself i'm i've i'd i'll",
    "second_person": "you your yours yourself you're you've you'd you'll",
    "together": "we us our ours ourselves we're we've we'd we'll let's",
    "hedges": "maybe perhaps might could sometimes often possibly probably seems",
    "certainty": "always never must every definitely certainly absolutely",
    "negations": "no not never nothing nobody don't doesn't didn't can't won't isn't aren't wasn't",
}
_IN_GROUP: Final = {name: frozenset(words.split(" ")) for name, words in _GROUPS.items()}
_MARKERS: Final[dict[str, re.Pattern[str]]] = {
    "so": re.compile(r"(?:^|[.!?]\s+)so\b", re.IGNORECASE),
    "and_then": re.compile(r"\band then\b", re.IGNORECASE),
    "you_know": re.compile(r"\byou know\b", re.IGNORECASE),
    "okay_right": re.compile(r"\b(?:okay|ok|right)\b", re.IGNORECASE),
    "because": re.compile(r"\bbecause\b", re.IGNORECASE),
    "but": re.compile(r"\bbut\b", re.IGNORECASE),
    "for_example": re.compile(r"\bfor (?:example|instance)\b", re.IGNORECASE),
}
_LONG: Final = 7
_DIGITS: Final = 4
_HASH_CHARS: Final = 12
#: What a voice is described by, each a rate per word or per sentence, or a mean; see docs/extraction.md.
FEATURES: Final = (
    "words_per_sentence", "words_per_sentence_sd", "questions", "exclamations", "letters_per_word", "long_words",
    "contractions", *_GROUPS, *(f"says_{name}" for name in _MARKERS),
)  # fmt: skip


def sums_of(text: str) -> dict[str, float]:
    """Return what a passage adds to the sums of its voice."""
    plain = text.replace("’", "'")
    words = [word.lower() for word in _WORD.findall(plain)]
    sentences = [found for part in _SENTENCE.findall(plain) if (found := part.strip(" \n\t.!?\"'"))]
    lengths = [len(_WORD.findall(sentence)) for sentence in sentences]
    sums: dict[str, float] = {
        "passages": 1,
        "words": len(words),
        "sentences": len(sentences),
        "sentence_words": sum(lengths),
        "sentence_words_squared": sum(length * length for length in lengths),
        "questions": plain.count("?"),
        "exclamations": plain.count("!"),
        "letters": sum(map(len, words)),
        "long_words": sum(len(word) >= _LONG for word in words),
        "contractions": sum("'" in word for word in words),
    }
    for name, group in _IN_GROUP.items():
        sums[name] = sum(word in group for word in words)
    for name, pattern in _MARKERS.items():
        sums[f"says_{name}"] = len(pattern.findall(plain))
    return sums


def features_of(sums: Mapping[str, float]) -> dict[str, float]:
    """Return the features of a voice by the sums over all its passages; zeros where it says nothing."""
    words, sentences = max(1.0, sums["words"]), max(1.0, sums["sentences"])
    mean = sums["sentence_words"] / sentences
    variance = max(0.0, sums["sentence_words_squared"] / sentences - mean * mean)
    found = {
        "words_per_sentence": mean,
        "words_per_sentence_sd": math.sqrt(variance),
        "questions": sums["questions"] / sentences,
        "exclamations": sums["exclamations"] / sentences,
        "letters_per_word": sums["letters"] / words,
        "long_words": sums["long_words"] / words,
        "contractions": sums["contractions"] / words,
    }
    found |= {name: sums[name] / words for name in (*_GROUPS, *(f"says_{name}" for name in _MARKERS))}
    return {name: round(found[name], _DIGITS) for name in FEATURES}


def signature_of(persona: str, features: Mapping[str, float]) -> str:
    """Return "persona:" and the head of a hash over the features."""
    digest = hashlib.sha256(orjson.dumps(dict(features), option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"{persona}:{digest[:_HASH_CHARS]}"
