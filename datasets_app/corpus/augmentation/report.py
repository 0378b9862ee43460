"""What augmentation did, in figures that add up: tried = made + refused + spare, for every order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from .check import BY_PERSON
from .drawing import Order


class Report(msgspec.Struct, kw_only=True):
    """Counts of one run. `short` names the orders that could not be filled, with how many are missing."""

    orders: dict[str, int]
    seed: int
    originals: int = 0
    originals_by_type: Counter[str] = msgspec.field(default_factory=Counter)
    skipped: Counter[str] = msgspec.field(default_factory=Counter)
    tried: Counter[str] = msgspec.field(default_factory=Counter)
    made: Counter[str] = msgspec.field(default_factory=Counter)
    made_by_type: Counter[str] = msgspec.field(default_factory=Counter)
    checked_by: Counter[str] = msgspec.field(default_factory=Counter)
    refused: dict[str, Counter[str]] = msgspec.field(default_factory=dict)
    spare: Counter[str] = msgspec.field(default_factory=Counter)
    short: dict[str, int] = msgspec.field(default_factory=dict)
    readings: Counter[str] = msgspec.field(default_factory=Counter)

    def original(self, crisis_type: str) -> None:
        """Count an original."""
        self.originals += 1
        self.originals_by_type[crisis_type] += 1

    def refuse(self, order: str, reason: str) -> None:
        """Count a try that came to nothing."""
        self.refused.setdefault(order, Counter())[reason] += 1

    def take(self, order: Order, by: str, crisis_type: str) -> None:
        """Count a child; `by` says who vouches for its label."""
        self.made[order.name] += 1
        self.made_by_type[crisis_type] += 1
        self.checked_by[by] += 1

    @property
    def adds_up(self) -> bool:
        """Whether every try has an outcome."""
        return all(
            tried == self.made[name] + self.spare[name] + self.refused.get(name, Counter()).total()
            for name, tried in self.tried.items()
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON. `ratio` is children to originals, in all and for each type."""
        made = self.made.total()
        refused: Counter[str] = Counter()
        for counts in self.refused.values():
            refused.update(counts)
        return {
            "seed": self.seed,
            "originals": self.originals,
            "skipped": dict(sorted(self.skipped.items())),
            "asked": dict(sorted(self.orders.items())),
            "made": dict(sorted(self.made.items())),
            "short": dict(sorted(self.short.items())),
            "children": made,
            "stand": made - self.checked_by[BY_PERSON],
            "wait_for_review": self.checked_by[BY_PERSON],
            "checked_by": dict(sorted(self.checked_by.items())),
            "readings": dict(sorted(self.readings.items())),
            "tried": self.tried.total(),
            "refused": dict(sorted(refused.items())),
            "refused_by_order": {name: dict(sorted(counts.items())) for name, counts in sorted(self.refused.items())},
            "spare": self.spare.total(),
            "ratio": _ratio(made, self.originals),
            "ratio_by_type": {
                kind: _ratio(self.made_by_type[kind], count) for kind, count in sorted(self.originals_by_type.items())
            },
            "adds_up": self.adds_up,
        }


def _ratio(made: int, originals: int) -> float:
    return round(made / originals, 4) if originals else 0.0
