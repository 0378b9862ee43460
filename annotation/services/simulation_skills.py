"""How simulated raters err: a confusion matrix each, and what training makes of it. Invented, not measured."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE

# Where a simulated annotator goes wrong, it is mostly towards a neighbouring type, as with people.
NEIGHBOUR = {
    "immediate_harm": "passive_ideation",
    "self_harm": "passive_ideation",
    "substance": "none",
    "panic": "none",
    "psychotic": "none",
    "passive_ideation": "none",
    "none": "passive_ideation",
}
STAYS_CLOSE = 0.7


@dataclass(frozen=True)
class Skill:
    """Chance of each type given the true one: `rows[true][said]`, each row summing to 1."""

    rows: Mapping[str, Mapping[str, float]]

    def say(self, true: str, generator: random.Random) -> str:
        """One answer."""
        row = self.rows[true]
        return generator.choices(list(row), weights=list(row.values()))[0]

    def accuracy(self, shares: Mapping[str, float]) -> float:
        """Chance of naming the true type where types are as common as `shares` says."""
        return sum(share * self.rows[true][true] for true, share in shares.items())

    def trained(self, learnt: float) -> Skill:
        """The same person with the share `learnt` of every error gone."""
        rows = {
            true: {said: chance * (1 - learnt) + (learnt if said == true else 0.0) for said, chance in row.items()}
            for true, row in self.rows.items()
        }
        return Skill(rows)


@dataclass(frozen=True)
class Habit:
    """A rater before training: a general accuracy, and true types that they tend to give another name."""

    name: str
    accuracy: float
    habits: Mapping[str, tuple[str, float]] = field(default_factory=dict)

    def skill(self) -> Skill:
        """The confusion matrix."""
        return Skill({true: self._row(true) for true in CRISIS_TYPES})

    def _row(self, true: str) -> dict[str, float]:
        others = [code for code in CRISIS_TYPES if code != true]
        wrong = 1 - self.accuracy
        row = {code: wrong * (1 - STAYS_CLOSE) / len(others) for code in others}
        row[NEIGHBOUR[true]] += wrong * STAYS_CLOSE
        row[true] = self.accuracy
        if true in self.habits:
            said, chance = self.habits[true]
            row = {code: share * (1 - chance) for code, share in row.items()}
            row[said] += chance
        return row


# Two who know the guideline, three who know most of it, three whose habits no majority averages away.
EIGHT = (
    Habit("thorough", 0.97),
    Habit("steady", 0.95),
    Habit("careful", 0.93, {"passive_ideation": ("self_harm", 0.1)}),
    Habit("quick", 0.9),
    Habit("cautious", 0.88, {NONE_TYPE: ("passive_ideation", 0.3)}),
    Habit("literal", 0.86, {"passive_ideation": (NONE_TYPE, 0.55), "panic": (NONE_TYPE, 0.3)}),
    Habit("new", 0.72, {"psychotic": ("panic", 0.3)}),
    Habit("hasty", 0.6, {"immediate_harm": ("self_harm", 0.4), "self_harm": ("passive_ideation", 0.3)}),
)
