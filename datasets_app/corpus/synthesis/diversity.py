"""How diverse and how repetitive a set of conversations is: figures, not claims (D8, D12)."""

from __future__ import annotations

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datasets_app.corpus.dedup.minhash import BAND_BYTES, BANDS, DEFAULT_THRESHOLD, bands, jaccard

# Distinct-n falls with the length of a text and self-BLEU with its number: both are measured on equal amounts.
WORD_BUDGET: Final = 20_000
BLEU_SAMPLE: Final = 150
_BLEU_ORDER: Final = 4
_WORD: Final = re.compile(r"[\w']+")


@dataclass(frozen=True, slots=True)
class Diversity:
    """Figures of one set. `distinct` are shares of different n-grams among the first `words_counted` words, shuffled;
    `self_bleu` is the mean BLEU-4 of a text against a sample of the others, lower is more diverse."""

    conversations: int
    words_counted: int
    distinct: tuple[float, float, float]
    self_bleu: float
    near_duplicate_rate: float
    words: tuple[int, int, int]
    turns: tuple[int, int, int]

    def as_json(self) -> dict[str, Any]:
        """Return the figures by name, rounded; `words` and `turns` are the tenth, half and nine tenths."""
        return {
            "conversations": self.conversations,
            "words_counted": self.words_counted,
            "distinct_1": round(self.distinct[0], 4),
            "distinct_2": round(self.distinct[1], 4),
            "distinct_3": round(self.distinct[2], 4),
            "self_bleu": round(self.self_bleu, 4),
            "near_duplicate_rate": round(self.near_duplicate_rate, 5),
            "words_p10_p50_p90": list(self.words),
            "user_turns_p10_p50_p90": list(self.turns),
        }


def measure(conversations: Iterable[Sequence[Mapping[str, str]]], seed: int = 1) -> Diversity:
    """Measure what the person says in each conversation. Raises ValueError for an empty set."""
    texts, turns = [], []
    for messages in conversations:
        said = [message["content"] for message in messages if message["role"] == "user"]
        texts.append("\n".join(said))
        turns.append(len(said))
    if not texts:
        raise ValueError("there is nothing to measure")
    tokens = [_WORD.findall(text.lower()) for text in texts]
    order = random.Random(seed).sample(range(len(texts)), len(texts))  # noqa: S311 - a sample, no secret
    shuffled = [tokens[place] for place in order]
    return Diversity(
        conversations=len(texts),
        words_counted=min(WORD_BUDGET, sum(map(len, tokens))),
        distinct=(_distinct(shuffled, 1), _distinct(shuffled, 2), _distinct(shuffled, 3)),
        self_bleu=self_bleu([found for found in shuffled if found][:BLEU_SAMPLE]),
        near_duplicate_rate=near_duplicate_rate(texts),
        words=_quantiles([len(found) for found in tokens]),
        turns=_quantiles(turns),
    )


def near_duplicate_rate(texts: Sequence[str], threshold: float = DEFAULT_THRESHOLD) -> float:
    """Return the share of texts that are like an earlier one: shingles in common by Jaccard at least `threshold`."""
    by_band: dict[bytes, list[int]] = defaultdict(list)
    copies = 0
    for place, text in enumerate(texts):
        packed = bands(text)
        keys = [packed[band * BAND_BYTES : (band + 1) * BAND_BYTES] for band in range(BANDS)]
        candidates = {other for key in keys for other in by_band[key]}
        copies += any(jaccard(text, texts[other]) >= threshold for other in candidates)
        for key in keys:
            by_band[key].append(place)
    return copies / len(texts) if texts else 0.0


def self_bleu(texts: Sequence[Sequence[str]]) -> float:
    """Return the mean BLEU-4 (smoothed by one) of each text against all others, 0 to 1; 0 for fewer than two."""
    if len(texts) < 2:
        return 0.0
    counts = [[Counter(_grams(words, order)) for order in range(1, _BLEU_ORDER + 1)] for words in texts]
    lengths = [len(words) for words in texts]
    return sum(_bleu(place, counts, lengths) for place in range(len(texts))) / len(texts)


def _bleu(place: int, counts: Sequence[Sequence[Counter[tuple[str, ...]]]], lengths: Sequence[int]) -> float:
    others = [found for found in range(len(counts)) if found != place]
    logs = 0.0
    for order in range(_BLEU_ORDER):
        own = counts[place][order]
        matched = sum(min(times, max(counts[other][order][gram] for other in others)) for gram, times in own.items())
        logs += math.log((matched + 1) / (sum(own.values()) + 1))
    nearest = min((lengths[other] for other in others), key=lambda length: (abs(length - lengths[place]), length))
    brevity = min(1.0, math.exp(1 - nearest / max(lengths[place], 1)))
    return brevity * math.exp(logs / _BLEU_ORDER)


def _distinct(tokens: Iterable[Sequence[str]], order: int) -> float:
    seen: set[tuple[str, ...]] = set()
    total = words = 0
    for found in tokens:
        taken = found[: WORD_BUDGET - words]
        words += len(taken)
        grams = _grams(taken, order)
        seen.update(grams)
        total += len(grams)
        if words >= WORD_BUDGET:
            break
    return len(seen) / total if total else 0.0


def _grams(words: Sequence[str], order: int) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + order]) for place in range(len(words) - order + 1)]


def _quantiles(values: Sequence[int]) -> tuple[int, int, int]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[last // 10], ordered[last // 2], ordered[last * 9 // 10]
