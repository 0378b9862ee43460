"""What a batch of made-up conversations is to hold, and the scenario that each of its rows tells.

Whoever writes the words, templates or a language model, tells the scenario that stands here for the row's number: the
label is decided before the words are.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from datasets_app.corpus import taxonomy
from pixelhub.canonical import canonical_json, sha256_hex

from . import grammar
from .conversations import GENERATOR
from .edge_cases import CATEGORIES, SOURCE_FAMILY, scenario_at
from .scenario import ROLE_PLAY_STYLES, Scenario, draw

SCENARIOS: Final = "scenarios"
EDGE_CASES: Final = "edge_cases"
KINDS: Final = (SCENARIOS, EDGE_CASES)
STYLES: Final = (*ROLE_PLAY_STYLES, "public_post", "public_note")
_MAX_DRAWS: Final = 20_000


@dataclass(frozen=True)
class Plan:
    """A batch: how many rows from which seed, and what they are narrowed to; () stands for everything.

    `types`, `difficulties` and `styles` narrow scenarios, `categories` and `scenarios_per_category` edge cases. Raises
    ValueError for what there isn't.
    """

    count: int
    seed: int
    kind: str = SCENARIOS
    types: tuple[str, ...] = ()
    difficulties: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    scenarios_per_category: int = 50

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("a batch holds at least one conversation")
        if self.kind not in KINDS:
            raise ValueError(f"a batch is of {' or '.join(KINDS)}")
        if not 1 <= self.scenarios_per_category <= 1000:
            raise ValueError("a category has 1 to 1,000 scenarios")
        for name, given, known in (
            ("type", self.types, taxonomy.CRISIS_TYPES),
            ("difficulty", self.difficulties, taxonomy.DIFFICULTIES),
            ("style", self.styles, STYLES),
            ("category", self.categories, tuple(CATEGORIES)),
        ):
            if unknown := sorted(set(given) - set(known)):
                raise ValueError(f"unknown {name} {', '.join(unknown)}: choose of {', '.join(known)}")
        if self.kind == SCENARIOS and self.categories:
            raise ValueError("only edge cases have categories")
        if self.kind == EDGE_CASES and (self.types or self.difficulties or self.styles):
            raise ValueError("edge cases are narrowed by category alone")

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Plan:
        """Read a plan back from `as_dict`."""
        lists = ("types", "difficulties", "styles", "categories")
        read: dict[str, Any] = {name: tuple(value) if name in lists else value for name, value in found.items()}
        return cls(**read)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @property
    def is_narrowed(self) -> bool:
        """Whether scenarios are drawn from less than all."""
        return bool(self.types or self.difficulties or self.styles)

    @property
    def prefix(self) -> str:
        """How the rows' names begin; two plans with one seed don't share names unless they share rows."""
        if self.kind == EDGE_CASES:
            return f"edge-{self.seed}"
        return f"syn2-{self.seed}" + (f"-{self.digest}" if self.is_narrowed else "")

    @property
    def digest(self) -> str:
        """Eight characters that tell what the plan is narrowed to."""
        told = self.as_dict()
        del told["count"]
        return sha256_hex(canonical_json(told))[:8]

    def identifier(self, number: int) -> str:
        """The name of a row."""
        return f"{self.prefix}-{number:06d}"


@dataclass(frozen=True)
class Brief:
    """The scenario of one row. `rule` is the grammar's rule for the signal of an edge case, "" elsewhere."""

    identifier: str
    scenario: Scenario
    rule: str = ""
    category: str = ""
    scenario_id: str = ""

    @property
    def edge_case_kind(self) -> str:
        """What the label says of an edge case; "" for a plain scenario."""
        return CATEGORIES[self.category].kind if self.category else ""

    def marks(self) -> dict[str, Any]:
        """What an edge case's row says beside the scenario."""
        if not self.category:
            return {}
        return {"category": self.category, "scenario_id": self.scenario_id, "source_family": SOURCE_FAMILY}


def brief_of(plan: Plan, number: int, rng: random.Random, rules: grammar.Grammar) -> Brief:
    """Return what row `number` is to tell. Raises ValueError where nothing fits what the plan is narrowed to."""
    if plan.kind == SCENARIOS:
        return Brief(plan.identifier(number), _fitting(plan, number, rng))
    names = plan.categories or tuple(CATEGORIES)
    category = CATEGORIES[names[number % len(names)]]
    place = number // len(names) % plan.scenarios_per_category
    scenario, rule = scenario_at(category, place, plan.seed, rules)
    return Brief(plan.identifier(number), scenario, rule, category.name, f"{category.name}-{place:03d}-{plan.seed}")


def stream(plan: Plan, number: int, attempt: int) -> random.Random:
    """The random stream of a row and a try; that of `generate_synthetic` where the plan is not narrowed."""
    return random.Random(f"{GENERATOR}:{plan.seed}:{number}:{attempt}")  # noqa: S311 - repeatable by design, no secret


def _fitting(plan: Plan, number: int, rng: random.Random) -> Scenario:
    """Families go round, and so do the difficulties that are left; types and styles are drawn until they fit."""
    families, hard = len(taxonomy.SCENARIO_FAMILIES), taxonomy.DIFFICULTIES
    place = number
    if plan.difficulties:
        left = [index for index, difficulty in enumerate(hard) if difficulty in plan.difficulties]
        place = number % families + families * left[number // families % len(left)]
    for _ in range(_MAX_DRAWS):
        found = draw(place, rng)
        if (not plan.types or found.crisis_type in plan.types) and (not plan.styles or found.style in plan.styles):
            return found
    raise ValueError("nothing fits all of what this batch is narrowed to")
