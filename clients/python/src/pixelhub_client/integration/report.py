"""What a run found, as JSON for programs and Markdown for people."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any, Final

FORMAT: Final = "pixelhub.integration/1"
_Z: Final = 1.959964


@dataclass(frozen=True)
class Outcome:
    """One test: whether it passed, what it measured, and in words why not."""

    name: str
    title: str
    passed: bool
    detail: str
    measured: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """All tests of one run. `measured` is what holds for the run: model, sensitivity, false alarms."""

    url: str
    started_at: str
    seconds: float
    measured: dict[str, Any]
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> int:
        """How many tests passed."""
        return sum(outcome.passed for outcome in self.outcomes)

    def as_json(self) -> str:
        """One document; no text of a conversation is in it."""
        members = {"format": FORMAT, "passed": self.passed, "total": len(self.outcomes), **asdict(self)}
        return json.dumps(members, indent=2, ensure_ascii=False) + "\n"

    def as_markdown(self) -> str:
        """The same for people."""
        lines = [f"# Integration tests: {self.passed} of {len(self.outcomes)} passed", ""]
        lines += [f"Against {self.url}, {self.started_at}, in {self.seconds:.1f} s.", ""]
        lines += [f"- {name.replace('_', ' ')}: {_shown(value)}" for name, value in self.measured.items()]
        lines += ["", "| test | outcome | what was seen |", "|---|---|---|"]
        for outcome in self.outcomes:
            lines.append(f"| {outcome.title} | {'passed' if outcome.passed else '**failed**'} | {outcome.detail} |")
        rows = [row for outcome in self.outcomes for row in outcome.measured.get("scenarios", ())]
        if rows:
            lines += ["", "| scenario | expected | answer | not as it should be |", "|---|---|---|---|"]
            lines += [f"| {r['id']} | {r['expected']} | {r['answer']} | {', '.join(r['wrong'])} |" for r in rows]
        return "\n".join(lines) + "\n"


def share(hits: int, of: int) -> dict[str, Any]:
    """A share with its 95% interval (Wilson)."""
    if of == 0:
        return {"hits": 0, "of": 0, "value": None, "low": None, "high": None}
    value, spread = hits / of, _Z * _Z / of
    middle = (value + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(value * (1 - value) / of + spread / (4 * of))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return {"hits": hits, "of": of, "value": round(value, 4), "low": round(low, 4), "high": round(high, 4)}


def share_text(found: dict[str, Any]) -> str:
    """E.g. 13 of 13 (95% interval 77% to 100%)."""
    if not found["of"]:
        return "nothing to measure"
    return f"{found['hits']} of {found['of']} (95% interval {found['low']:.0%} to {found['high']:.0%})"


def _shown(value: Any) -> str:
    return share_text(value) if isinstance(value, dict) and "hits" in value else str(value)
