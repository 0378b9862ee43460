"""Sums up the scores of a release: means with intervals, what was found how often, targets where D12 has one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import sqrt
from typing import Any, Final

from datasets_app.corpus.intervals import wilson
from datasets_app.corpus.quality import ENOUGH
from datasets_app.corpus.taxonomy import BIAS_KINDS, EMOTIONS

_Z: Final = 1.96
_DIGITS: Final = 4
#: Where a figure stands in a line of scores, and its target (D12, D13); None where none is set. `bias` is the freedom
#: from it, 1 less the worst, as in the QA report.
FIGURES: Final[Mapping[str, tuple[str, str, float | None]]] = {
    "valence": ("emotion", "valence", None),
    "arousal": ("emotion", "arousal", None),
    "bias": ("bias", "worst", 0.6),
    "effectiveness": ("quality", "effectiveness", 0.7),
    "safety": ("quality", "safety", 0.6),
    "cultural": ("quality", "cultural", None),
    "coherence": ("quality", "coherence", 0.8),
    "empathy": ("quality", "empathy", 0.55),
    "similarity_within_turns": ("similarity", "within_turns", 0.7),
    "similarity_of_replies": ("similarity", "of_replies", None),
}


class _Mean:
    """Mean and spread of a stream of numbers, in constant memory (Welford 1962)."""

    def __init__(self) -> None:
        self.n, self.mean, self._squares = 0, 0.0, 0.0

    def add(self, value: float) -> None:
        self.n += 1
        step = value - self.mean
        self.mean += step / self.n
        self._squares += step * (value - self.mean)

    def interval(self) -> tuple[float, float]:
        half = _Z * sqrt(self._squares / (self.n - 1) / self.n)
        return self.mean - half, self.mean + half


class Totals:
    """Takes lines of scores one by one."""

    def __init__(self) -> None:
        self._records = 0
        self._figures = {name: _Mean() for name in FIGURES}
        self._emotions: Counter[str] = Counter()
        self._bias: Counter[str] = Counter()
        self._judged = 0
        self._by: dict[str, Counter[str]] = {}

    def add(self, scores: Mapping[str, Any]) -> None:
        """Count one line."""
        self._records += 1
        for name, (group, key, _) in FIGURES.items():
            value = (scores[group] or {}).get(key)
            if value is not None:
                self._figures[name].add(1.0 - value if name == "bias" else value)
        if scores["emotion"]:
            self._emotions[scores["emotion"]["top"]] += 1
        if scores["bias"]:
            self._judged += 1
            self._bias.update(scores["bias"]["kinds"])
        for name, method in scores["by"].items():
            self._by.setdefault(name, Counter())[method] += 1

    def report(self) -> dict[str, Any]:
        """Return the report: figures with 95% intervals, shares of emotions and of bias kinds, and by what."""
        return {
            "records": self._records,
            "figures": {name: self._figure(name) for name in FIGURES},
            "emotions": {name: self._emotions[name] for name in EMOTIONS},
            "bias_kinds": {name: self._share(self._bias[name]) for name in BIAS_KINDS},
            "replies_judged": self._judged,
            "by": {name: dict(sorted(counts.items())) for name, counts in sorted(self._by.items())},
        }

    def _figure(self, name: str) -> dict[str, Any]:
        mean, target = self._figures[name], FIGURES[name][2]
        found: dict[str, Any] = {"n": mean.n, "target": target, "value": None, "low": None, "high": None}
        if mean.n < ENOUGH:
            return found | {"verdict": "not enough data"}
        low, high = mean.interval()
        found |= {"value": round(mean.mean, _DIGITS), "low": round(low, _DIGITS), "high": round(high, _DIGITS)}
        return found | {"verdict": "" if target is None else "passed" if mean.mean >= target else "failed"}

    def _share(self, count: int) -> dict[str, Any]:
        low, high = wilson(count, self._judged)
        return {"count": count, "low": round(low, _DIGITS), "high": round(high, _DIGITS)}
