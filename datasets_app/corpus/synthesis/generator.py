"""Composes phrases into conversations. The same count and seed give the same conversations on any machine."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from datasets_app.corpus import taxonomy
from datasets_app.corpus.hashing import content_hash

from . import phrases, slots

_SLOT: Final = re.compile(r"\{(\w+)\}")
_NONE_SHARE: Final = 0.34
_EDGE_SHARE: Final = 0.12
_MAX_TRIES: Final = 60


def generate(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield `count` labelled conversations in the shape of record.AnnotatedSample, unique by content hash.

    About a third are `none` (mostly hard negatives), the rest is spread evenly over the six types and their
    severities; about one in eight is an edge case. Raises ValueError for a negative count.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    rng = random.Random(seed)  # noqa: S311 - repeatable by design, no secret
    seen: set[str] = set()
    for number in range(count):
        yield _unique(rng, number, seed, seen)


def _unique(rng: random.Random, number: int, seed: int, seen: set[str]) -> dict[str, Any]:
    for _ in range(_MAX_TRIES):
        sample = _sample(rng, number, seed)
        digest = content_hash(sample["conversation"])
        if digest not in seen:
            seen.add(digest)
            return sample
    raise RuntimeError("the phrases are exhausted: no new conversation in 60 tries")


def _sample(rng: random.Random, number: int, seed: int) -> dict[str, Any]:
    crisis_type, severity, kind, scenario, core = _choose_core(rng)
    conversation = _dialogue(rng, core)
    return {
        "id": f"syn-{seed}-{number:06d}",
        "conversation": conversation,
        "crisis_type": crisis_type,
        "severity": severity,
        "confidence": round(rng.uniform(0.55, 0.8) if kind else rng.uniform(0.75, 0.98), 2),
        "source": taxonomy.Source.SYNTHETIC.value,
        "is_edge_case": bool(kind),
        "edge_case_kind": kind,
        "annotators": [],
        "metadata": {
            "demographics": rng.choice(slots.DEMOGRAPHICS),
            "context": scenario,
            "generator": "datasets_app.corpus.synthesis/1",
            "seed": seed,
        },
    }


def _choose_core(rng: random.Random) -> tuple[str, int | None, str, str, str]:
    """Return type, severity, edge-case kind, scenario name and the core sentence."""
    if rng.random() < _EDGE_SHARE:
        crisis_type, severity, kind, core = rng.choice(phrases.EDGE_CASES)
        return crisis_type, severity, kind, f"edge case: {kind}", core
    if rng.random() < _NONE_SHARE:
        scenario = rng.choice(sorted(phrases.HARD_NEGATIVES))
        return taxonomy.NONE_TYPE, None, "", scenario, rng.choice(phrases.HARD_NEGATIVES[scenario])
    crisis_type = rng.choice(taxonomy.SIX_TYPES)
    by_severity = phrases.CORES[crisis_type]
    levels = sorted(by_severity)
    severity = rng.choices(levels, weights=[len(by_severity[level]) for level in levels])[0]
    return crisis_type, severity, "", f"{crisis_type}, severity {severity}", rng.choice(by_severity[severity])


def _dialogue(rng: random.Random, core: str) -> list[dict[str, str]]:
    """Surround the core. Nothing but the core depends on the label, or a model would learn the surroundings."""
    filled = _Filler(rng)
    style = _style(rng)
    lead = [filled(rng.choice(slots.OPENINGS))]
    lead += [filled(text) for text in rng.sample(slots.CONTEXTS, rng.choice((0, 1, 1, 2, 3)))]
    closing = filled(rng.choice(slots.CLOSINGS))
    turns = [*lead, filled(core)]
    if closing and rng.random() < 0.5:
        turns[-1] = f"{turns[-1]} {closing}"
    elif closing:
        turns.append(closing)
    turns = _merged(rng, turns)
    messages: list[dict[str, str]] = []
    for position, text in enumerate(turns):
        messages.append({"role": "user", "content": style(text)})
        if position < len(turns) - 1:
            messages.append({"role": "assistant", "content": rng.choice(slots.REPLIES)})
    return messages


def _merged(rng: random.Random, turns: Sequence[str]) -> list[str]:
    """Join some neighbouring turns, so that length says nothing about the label."""
    merged: list[str] = []
    for text in turns:
        if merged and rng.random() < 0.35:
            merged[-1] = f"{merged[-1]} {text}"
        else:
            merged.append(text)
    return merged


class _Filler:
    """Fills slots; within one conversation a slot keeps its word, so people and places stay the same."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._chosen: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        filled = _SLOT.sub(self._word, text)
        return filled[:1].upper() + filled[1:] if text.startswith("{") else filled

    def _word(self, match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in self._chosen:
            self._chosen[name] = self._rng.choice(slots.SLOTS[name])
        return self._chosen[name]


class _Style:
    """How a person types: lower case, no full stops, dropped apostrophes, drawn-out ends."""

    def __init__(self, lower: bool, bare: bool, no_apostrophes: bool, dots: bool) -> None:
        self._lower, self._bare, self._no_apostrophes, self._dots = lower, bare, no_apostrophes, dots

    def __call__(self, text: str) -> str:
        if self._no_apostrophes:
            text = text.replace("'", "")
        if self._bare and text.endswith("."):
            text = text[:-1]
        if self._dots:
            text = text.replace(", ", "... ", 1)
        return text.lower() if self._lower else text


def _style(rng: random.Random) -> _Style:
    return _Style(rng.random() < 0.4, rng.random() < 0.4, rng.random() < 0.15, rng.random() < 0.15)
