"""Looking concepts up to ground an answer: by name or alias, by what a text mentions, and by near text."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from .base import MANIFEST_SUFFIX, Concept, KnowledgeInvalid, KnowledgeManifest, key_of

_K1, _B = 1.2, 0.75  # BM25 as usual
_NAME_WEIGHT: Final = 3
_LEAST_NEAR: Final = 0.1
_NEAR_NAME: Final = 0.5
_COMMON_WORDS: Final = (
    "a an and are as at be by for from has in is it its of on or that the this to was were what who with"
)
_COMMON: Final = frozenset(_COMMON_WORDS.split(" "))


class Match(NamedTuple):
    """A concept that was found: how (`name`, `alias`, `near`) and how well, from above 0 to 1."""

    concept: Concept
    by: Literal["name", "alias", "near"]
    score: float


class KnowledgeBase:
    """Concepts in memory, with the version that they are."""

    def __init__(self, concepts: Sequence[Concept], version: str) -> None:
        self.concepts = list(concepts)
        self.version = version
        self._named: dict[str, list[tuple[Concept, Literal["name", "alias"]]]] = defaultdict(list)
        self._terms: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._lengths: list[int] = []
        self._trigrams = [_trigrams(concept.key) for concept in self.concepts]
        for number, concept in enumerate(self.concepts):
            self._named[concept.key].append((concept, "name"))
            for alias in dict.fromkeys(map(key_of, concept.aliases)):
                self._named[alias].append((concept, "alias"))
            self._index(number, concept)
        self._mean = sum(self._lengths) / max(1, len(self._lengths))
        self._longest = max((len(key.split()) for key in self._named), default=0)

    @classmethod
    def open(cls, path: Path) -> KnowledgeBase:
        """Read a base that `load` wrote. Raises KnowledgeInvalid where it isn't whole or not what its manifest says."""
        try:
            data = path.read_bytes()
            told = path.with_name(f"{path.name.removesuffix('.jsonl')}{MANIFEST_SUFFIX}").read_bytes()
            manifest = msgspec.json.decode(told, type=KnowledgeManifest)
            version = hashlib.sha256(data).hexdigest()
            if version != manifest.version:
                raise KnowledgeInvalid(f"{path.name} is not the version that its manifest names")
            concepts = [msgspec.json.decode(line, type=Concept) for line in data.splitlines()]
        except (OSError, msgspec.ValidationError, msgspec.DecodeError) as error:
            raise KnowledgeInvalid(f"{path.name} is no knowledge base ({type(error).__name__})") from None
        return cls(concepts, version)

    def named(self, name: str) -> list[Match]:
        """Return the concepts of exactly this name or alias, names first."""
        found = sorted(self._named.get(key_of(name), []), key=lambda one: (one[1] != "name", one[0].key))
        return [Match(concept, by, 1.0) for concept, by in found]

    def lookup(self, text: str, limit: int = 5) -> list[Match]:
        """Return what a text asks for: concepts of that name, else those nearest to it, best first."""
        exact = self.named(text)
        return exact[:limit] if exact else self.near(text, limit)

    def mentioned(self, text: str) -> list[Match]:
        """Return the concepts that a text names, in its order, the longest name at each place."""
        words = key_of(text).split()
        found: dict[str, Match] = {}
        place = 0
        while place < len(words):
            for size in range(min(self._longest, len(words) - place), 0, -1):
                matches = self.named(" ".join(words[place : place + size]))
                if matches:
                    for match in matches:
                        found.setdefault(match.concept.key, match)
                    place += size - 1
                    break
            place += 1
        return list(found.values())

    def near(self, text: str, limit: int = 5) -> list[Match]:
        """Return concepts by their words (BM25 over names, aliases and definitions) or by a name written almost so."""
        terms = Counter(_words(text))
        scores: dict[int, float] = defaultdict(float)
        best = 0.0
        for term, count in terms.items():
            places = self._terms.get(term, [])
            weight = math.log(1 + (len(self.concepts) - len(places) + 0.5) / (len(places) + 0.5))
            best += weight * (_K1 + 1) * count
            for number, seen in places:
                length = _K1 * (1 - _B + _B * self._lengths[number] / self._mean)
                scores[number] += count * weight * seen * (_K1 + 1) / (seen + length)
        shares = {number: score / best for number, score in scores.items()}
        asked = _trigrams(key_of(text))
        for number, own in enumerate(self._trigrams):
            likeness = len(asked & own) / len(asked | own) if asked else 0.0
            if likeness >= _NEAR_NAME:
                shares[number] = max(shares.get(number, 0.0), likeness)
        ordered = sorted(shares.items(), key=lambda one: (-one[1], one[0]))
        return [
            Match(self.concepts[number], "near", round(min(score, 1.0), 4))
            for number, score in ordered[:limit]
            if score >= _LEAST_NEAR
        ]

    def _index(self, number: int, concept: Concept) -> None:
        names = _words(" ".join([concept.name, *concept.aliases])) * _NAME_WEIGHT
        words = Counter([*names, *_words(" ".join(one.text for one in concept.definitions))])
        self._lengths.append(words.total())
        for word, count in words.items():
            self._terms[word].append((number, count))


def _words(text: str) -> list[str]:
    """Return the words that count, without the ending of a plural."""
    return [
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in re.findall(r"\w+", text.casefold())
        if word not in _COMMON
    ]


def _trigrams(key: str) -> set[str]:
    padded = f"  {key} "
    return {padded[place : place + 3] for place in range(len(padded) - 2)} if key else set()
