"""What the enrichment's heads can learn from: real comments with human emotions, real questions and their answers.

None of the files carries a label of bias, effectiveness, safety or cultural care of a reply; such labels come from a
file of one's own (`--labels`), else those heads are not made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus.enrichment.heads import REPLY_HEADS
from pixelhub.canonical import sha256_hex

from .errors import FileRefused

GOEMOTIONS, COUNSELCHAT, SAD = "goemotions.jsonl", "counselchat.jsonl", "sad.jsonl"
#: GoEmotions' 27 emotions and neutral in our ten classes: by its own grouping after Ekman, finer where ours are.
CLASS_OF: Final[Mapping[str, str]] = {
    "joy": "joy", "amusement": "joy", "excitement": "joy", "love": "joy", "pride": "joy", "relief": "joy",
    "admiration": "trust", "approval": "trust", "caring": "trust", "gratitude": "trust",
    "fear": "fear", "nervousness": "fear", "surprise": "surprise", "realization": "surprise", "confusion": "surprise",
    "sadness": "sadness", "grief": "sadness", "disappointment": "sadness", "disgust": "disgust",
    "anger": "anger", "annoyance": "anger", "disapproval": "anger",
    "optimism": "anticipation", "desire": "anticipation", "curiosity": "anticipation",
    "embarrassment": "shame", "remorse": "shame", "neutral": "neutral",
}  # fmt: skip
#: GoEmotions' own grouping by sentiment; what is in neither is ambiguous or neutral.
POSITIVE: Final = frozenset({
    "admiration", "amusement", "approval", "caring", "desire", "excitement", "gratitude", "joy", "love", "optimism",
    "pride", "relief",
})  # fmt: skip
NEGATIVE: Final = frozenset({
    "anger", "annoyance", "disappointment", "disapproval", "disgust", "embarrassment", "fear", "grief", "nervousness",
    "remorse", "sadness",
})  # fmt: skip
_TEST_FROM, _VAL_FROM = 85, 70


@dataclass(frozen=True)
class Comment:
    """A real comment with one human label of GoEmotions."""

    text: str
    label: str
    split: str


@dataclass(frozen=True)
class Pair:
    """What was said and a reply. `belongs`: the reply was given to it. `hard`: one that was not, on the same topic."""

    said: str
    reply: str
    belongs: bool
    hard: bool
    group: str
    split: str


@dataclass(frozen=True)
class Rated:
    """A reply with ratings 0..1 of some of the reply heads."""

    said: str
    reply: str
    ratings: Mapping[str, float]
    split: str


def split_of(group: str) -> str:
    """Return train, val or test, 70/15/15, by the group's hash: what belongs together stays together."""
    place = int(sha256_hex(f"enrichment:{group}".encode())[:8], 16) % 100
    return "test" if place >= _TEST_FROM else "val" if place >= _VAL_FROM else "train"


def comments(folder: Path) -> list[Comment]:
    """Read GoEmotions. One text is in one split, however often it stands there."""
    return [
        Comment(row["text"], row["label"], split_of(row["text"].strip().lower())) for row in _rows(folder / GOEMOTIONS)
    ]


def severities(folder: Path) -> list[tuple[str, float]]:
    """Read the stress sentences with their mean severity 0-10, for a look from outside; nothing learns from them."""
    return [(row["text"], float(row["avg_severity"])) for row in _rows(folder / SAD) if row["is_stressor"]]


def pairs(folder: Path) -> list[Pair]:
    """Read CounselChat: each answer beside its question, and twice beside another one of the same split.

    Once beside a question on the same topic (where its split has one), once beside one on another. Splits go by the
    words of the question.
    """
    rows = [
        (row["topic"], *(turn["value"].strip() for turn in row["conversation"][:2]))
        for row in _rows(folder / COUNSELCHAT)
        if len(row["conversation"]) >= 2
    ]
    topics = {said: topic for topic, said, _ in rows}
    splits = {said: split_of(said) for said in topics}
    found: list[Pair] = []
    for place, (topic, said, reply) in enumerate(rows):
        found.append(Pair(said, reply, True, False, said, splits[said]))
        others = [other for other in topics if other != said and splits[other] == splits[said]]
        for hard in (True, False):
            fitting = [other for other in others if (topics[other] == topic) is hard]
            if fitting:
                number = int(sha256_hex(f"{place} {hard}".encode())[:8], 16)
                found.append(Pair(fitting[number % len(fitting)], reply, False, hard, said, splits[said]))
    return found


def rated(path: Path) -> list[Rated]:
    """Read rated replies: {"said", "reply", "ratings": {"quality.safety": 0.8}, "group"}. Raises FileRefused."""
    found = []
    for number, row in enumerate(_rows(path), start=1):
        try:
            ratings = {name: float(value) for name, value in row["ratings"].items()}
            said, reply = str(row["said"]), str(row["reply"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise FileRefused(f"{path.name}: line {number} is no rated reply") from None
        if not ratings.keys() <= set(REPLY_HEADS) or not all(0.0 <= value <= 1.0 for value in ratings.values()):
            raise FileRefused(f"{path.name}: line {number} rates what is no head, or outside 0..1")
        found.append(Rated(said, reply, ratings, split_of(str(row.get("group", said)))))
    return found


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)
    except (OSError, ValueError) as error:
        raise FileRefused(f"{path.name} cannot be read: {type(error).__name__}") from None
