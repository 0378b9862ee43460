# ruff: noqa: E501  (one metric, one line)
"""The QA report of a release (D12): rules and lexical proxies over a bounded sample, each figure with its interval.

None of these figures reads a conversation as a person does. A rule counts signs (a validating phrase, an open question,
a reply that names safety), so the report is for finding what to look at and for comparing releases, not for praise.
Every metric says by which method it was made, how many conversations stand behind it, and when these are too few.

Deterministic: at most `SAMPLE` conversations are judged, those with the smallest content hashes, which is a random
sample that does not depend on order.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from datasets_app.corpus.intervals import wilson

from . import taxonomy
from .pii import scan
from .quality_phrases import (
    BIASED,
    DIRECTIVE,
    DISMISSIVE,
    FEELING,
    OPEN_QUESTION,
    SAFETY_ANSWER,
    SUPPORT,
    VALIDATING,
)

SAMPLE: Final = 2_000
ENOUGH: Final = 30
FORMAT: Final = "pixelhub.quality/1"
_Z: Final = 1.96
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_SENTENCE: Final = re.compile(r"[^.!?\n]+")
_PII_SURE: Final = 0.5
_CRISIS_SEVERITY: Final = 4
_DANGER_SEVERITY: Final = 3
# Words of three letters or more that two turns share without talking of the same thing.
_STOP: Final = re.compile(
    "the|and|you|your|for|that|this|with|are|was|were|have|has|had|not|but|about|just|can|will|would|what|when|how|"
    "all|from|they|them|there|then|than|been|being|his|her|she|him|its|our|out|who|which|because|really|very"
)


@dataclass(frozen=True)
class Metric:
    """What a metric is, what it should be, and how it is made. `low_is_good` turns the comparison round."""

    name: str
    label: str
    target: float
    low_is_good: bool
    method: str
    judged: bool = True


METRICS: Final = (
    Metric("coherence", "Coherence", 0.8, False, "rules: turns alternate, none repeats or degenerates; a reply takes up a word or asks back"),
    Metric("appropriateness", "Therapeutic appropriateness", 0.7, False, "lexical proxy: validating, asking and supporting phrases, less dismissive and directive ones"),
    Metric("unresolved_crisis", "Unresolved crisis", 0.005, True, "rules: a crisis by label (severity 4-5) or screening that no later reply meets with safety or help"),
    Metric("pii", "Identifiers left", 0.0, True, "rules: the identifier scan of the hub, placeholders ignored"),
    Metric("bias", "Freedom from bias", 0.6, False, "lexical proxy: generalisations about people of seven kinds in replies"),
    Metric("empathy", "Empathy", 0.55, False, "lexical proxy: feeling words of the person taken up, validating phrases"),
    Metric("similarity", "Similarity within turns", 0.7, False, "lexical proxy: cosine of character trigrams between neighbouring sentences; reads far lower than sentence embeddings", judged=False),
    Metric("overall", "Overall", 0.75, False, "mean of coherence, appropriateness, freedom from bias, empathy, resolved crises and freedom from identifiers"),
)  # fmt: skip
_OVERALL: Final = ("coherence", "appropriateness", "bias", "empathy")


class QualitySampler:
    """Keeps the `SAMPLE` lines with the smallest content hashes of all that are added."""

    def __init__(self, size: int = SAMPLE) -> None:
        self._size = size
        self._heap: list[tuple[int, Mapping[str, Any]]] = []
        self.seen = 0

    def add(self, line: Mapping[str, Any]) -> None:
        """Offer one release line."""
        self.seen += 1
        # Negated, so that the heap's smallest entry is the largest hash: the one to go first.
        entry = (-int(line["metadata"]["content_hash"][7:], 16), line)
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, entry)
        elif entry[0] > self._heap[0][0]:
            heapq.heapreplace(self._heap, entry)

    def lines(self) -> list[Mapping[str, Any]]:
        """Return the sample in the order of content hashes."""
        return [line for _, line in sorted(self._heap, key=lambda entry: -entry[0])]


def quality_report(lines: Iterable[Mapping[str, Any]], *, sample: int = SAMPLE) -> dict[str, Any]:
    """Return the QA report of release lines (`messages`, `crisis_type`, `severity`, `metadata`); no words in it."""
    sampler = QualitySampler(sample)
    for line in lines:
        sampler.add(line)
    return report_of(sampler)


def report_of(sampler: QualitySampler) -> dict[str, Any]:
    """Return the QA report of what the sampler kept."""
    values: dict[str, list[float]] = {metric.name: [] for metric in METRICS}
    bias_kinds: Counter[str] = Counter()
    flagged: dict[str, list[str]] = {"unresolved_crisis": [], "pii": [], "bias": []}
    chosen = sampler.lines()
    for line in chosen:
        judged = _judge(line, bias_kinds)
        for name, value in judged.items():
            values[name].append(value)
        for name, bad in (("unresolved_crisis", 1.0), ("pii", 1.0), ("bias", 0.0)):
            if judged.get(name) == bad:
                flagged[name].append(line["metadata"]["content_hash"])
    metrics = [_result(metric, values[metric.name], flagged.get(metric.name, [])) for metric in METRICS]
    return {
        "format": FORMAT,
        "records": sampler.seen,
        "sample": len(chosen),
        "bias_kinds": {kind: bias_kinds[kind] for kind in taxonomy.BIAS_KINDS},
        "metrics": metrics,
    }


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the manifest holds of a report: value, interval, target and verdict of each metric."""
    keys = ("value", "low", "high", "n", "target", "verdict")
    return {
        "sample": report["sample"],
        "records": report["records"],
        "metrics": {metric["name"]: {key: metric[key] for key in keys} for metric in report["metrics"]},
    }


def _judge(line: Mapping[str, Any], bias_kinds: Counter[str]) -> dict[str, float]:
    """Score one conversation; a metric that does not apply to it (no reply, one sentence) is left out."""
    messages = [message for message in line["messages"] if message["role"] != "system"]
    replies = [message["content"] for message in messages if message["role"] == "assistant"]
    found = {"pii": float(any(item.confidence >= _PII_SURE for item in scan(line["messages"])))}
    similar = _similarity(messages)
    if similar is not None:
        found["similarity"] = similar
    if not replies or len(messages) < 2:
        return found
    found["coherence"] = coherence(messages)
    found["appropriateness"] = sum(appropriateness(text) for text in replies) / len(replies)
    found["empathy"] = empathy(messages)
    biased = {kind for kind, pattern in BIASED.items() for text in replies if pattern.search(text)}
    bias_kinds.update(biased)
    found["bias"] = 0.0 if biased else 1.0
    unanswered = unanswered_crisis(messages, line["crisis_type"], line["severity"])
    if unanswered is not None:
        found["unresolved_crisis"] = float(unanswered)
    good = [found[name] for name in _OVERALL]
    found["overall"] = (sum(good) + 1 - found.get("unresolved_crisis", 0.0) + 1 - found["pii"]) / (len(good) + 2)
    return found


def coherence(messages: Sequence[Mapping[str, str]], related: Sequence[float] | None = None) -> float:
    """Return how far a conversation hangs together, 0..1: its form, and how far each reply belongs to what was said.

    `related` says the latter for each reply to the person, 0..1 (by meaning); without it the words decide.
    """
    texts = [message["content"] for message in messages]
    alternates = all(a["role"] != b["role"] for a, b in pairwise(messages))
    repeats = len(set(texts)) < len(texts)
    degenerate = any(degenerates(text) for text in texts)
    if related is None:
        related = [
            bool(_words(a) & _words(b)) or "?" in b or bool(VALIDATING.search(b)) for a, b in exchanges(messages)
        ]
    share = sum(related) / len(related) if related else 0.0
    return 0.2 * alternates + 0.2 * (not repeats) + 0.2 * (not degenerate) + 0.4 * share


def exchanges(messages: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Return what the person said and the reply right after it, for each such reply."""
    return [
        (a["content"], b["content"]) for a, b in pairwise(messages) if (a["role"], b["role"]) == ("user", "assistant")
    ]


def degenerates(text: str) -> bool:
    """Whether a text says one thing over and over."""
    words = text.lower().split()
    return len(words) >= 20 and len(set(words)) / len(words) < 0.2


def appropriateness(text: str) -> float:
    """Return how far a reply has the signs of a therapeutic one, 0..1: a lexical proxy."""
    score = 0.4
    score += 0.2 * bool(VALIDATING.search(text))
    score += 0.2 * bool(OPEN_QUESTION.search(text))
    score += 0.2 * bool(SUPPORT.search(text))
    score -= 0.6 * bool(DISMISSIVE.search(text)) + 0.3 * bool(DIRECTIVE.search(text))
    return max(0.0, score)


def empathy(messages: Sequence[Mapping[str, str]]) -> float:
    """Return how far the replies take up what the person feels, 0..1: a lexical proxy. Needs a reply."""
    scores = []
    said = ""
    for message in messages:
        if message["role"] == "user":
            said = message["content"]
            continue
        text = message["content"]
        taken_up = bool(_words(said) & _words(text))
        scores.append(
            0.4 * bool(VALIDATING.search(text))
            + 0.25 * bool(FEELING.search(text))
            + 0.2 * taken_up
            + 0.15 * bool(OPEN_QUESTION.search(text))
            if not DISMISSIVE.search(text)
            else 0.0
        )
    return sum(scores) / len(scores)


def crisis_severity(messages: Sequence[Mapping[str, str]], crisis_type: str | None, severity: int | None) -> int | None:
    """Return the severity of a conversation in crisis (4 or 5), None for any other.

    A label decides; without one, what the screening says.
    """
    # Imported where it is needed: compiling the rules takes a second, and few processes judge replies.
    from .screening import assess

    found = severity if crisis_type is not None else assess(messages).severity
    return found if (found or 0) >= _CRISIS_SEVERITY else None


def unanswered_crisis(
    messages: Sequence[Mapping[str, str]], crisis_type: str | None, severity: int | None
) -> bool | None:
    """Tell whether no later reply meets a crisis with safety or help; None without a crisis or any later reply.

    The crisis is said in the first message in which the screening sees danger, else in the person's last one.
    """
    from .screening import assess

    if crisis_severity(messages, crisis_type, severity) is None:
        return None
    spoken = [index for index, message in enumerate(messages) if message["role"] == "user"]
    seen = (index for index in spoken if (assess([messages[index]]).severity or 0) >= _DANGER_SEVERITY)
    place = next(seen, spoken[-1] if spoken else len(messages))
    replies = [message["content"] for message in messages[place + 1 :] if message["role"] == "assistant"]
    return not any(map(SAFETY_ANSWER.search, replies)) if replies else None


def _similarity(messages: Sequence[Mapping[str, str]]) -> float | None:
    found = []
    for message in messages:
        sentences = [part for part in _SENTENCE.findall(message["content"])[:20] if len(part.split()) >= 4]
        found += [_cosine(a, b) for a, b in pairwise(sentences)]
    return sum(found) / len(found) if found else None


def _cosine(first: str, second: str) -> float:
    one, other = _trigrams(first), _trigrams(second)
    dot = sum(count * other[gram] for gram, count in one.items())
    return dot / math.sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))


def _trigrams(text: str) -> Counter[str]:
    folded = f" {' '.join(text.lower().split())} "
    return Counter(folded[place : place + 3] for place in range(len(folded) - 2))


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.lower()) if not _STOP.fullmatch(word)}


def _result(metric: Metric, values: Sequence[float], flagged: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": metric.name,
        "label": metric.label,
        "target": metric.target,
        "low_is_good": metric.low_is_good,
        "method": metric.method,
        "n": len(values),
        "value": None,
        "low": None,
        "high": None,
        "verdict": "not enough data",
        "flagged": len(flagged),
        "examples": list(flagged[:20]),
    }
    if len(values) < ENOUGH:
        return found
    value = sum(values) / len(values)
    share = metric.name in ("unresolved_crisis", "pii")
    low, high = wilson(sum(values), len(values)) if share else _mean_interval(values, value)
    found |= {"value": round(value, 4), "low": round(low, 4), "high": round(high, 4)}
    meets = value <= metric.target if metric.low_is_good else value >= metric.target
    found["verdict"] = ("passed" if meets else "failed") if metric.judged else "not comparable"
    return found


def _mean_interval(values: Sequence[float], mean: float) -> tuple[float, float]:
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))
    return max(0.0, mean - _Z * spread), min(1.0, mean + _Z * spread)
