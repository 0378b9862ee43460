"""Edge cases by category (D8): scenarios that are fixed first, then told many times in other words.

A scenario is a category with a label, circumstances, an invented person, a form and a style; `scenario_id` names it in
every row, so that rows of one scenario can be kept in one split (`group`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datasets_app.corpus import taxonomy

from . import grammar
from .conversations import GENERATOR, Unlike, first_new, row
from .scenario import NONE_KINDS, SEVERITIES_BY_TYPE, Scenario, around
from .telling import tell

SOURCE_FAMILY: Final = "edge_case_synthetic"
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Category:
    """A way of being hard to read: the kind that the label carries, the difficulty, and whose words bear the signal."""

    name: str
    kind: str
    difficulty: str
    none_kind: str = ""
    severities: tuple[int, ...] = (3, 4, 5)


_BY_RULE: Final = tuple(Category(kind, kind, "adversarial") for kind in taxonomy.EDGE_CASE_KINDS)
_CRISES: Final = (
    Category("code_words", "ambiguous_signal", "veiled"),
    Category("late_disclosure", "ambiguous_signal", "veiled"),
    Category("minimised", "ambiguous_signal", "hedged"),
    Category("denied_with_a_plan", "sarcasm", "adversarial", severities=(4, 5)),
    Category("fleeting_or_past", "ambiguous_signal", "hedged", severities=(1, 2)),
)
_NEGATIVES: Final = tuple(
    Category(kind, edge_kind, "adversarial" if kind in NONE_KINDS["adversarial"] else "veiled", none_kind=kind)
    for kind, edge_kind in (
        ("idiom", "metaphor"),
        ("fiction", "metaphor"),
        ("grief", "ambiguous_signal"),
        ("third_person", "ambiguous_signal"),
        ("recovery", "ambiguous_signal"),
        ("research", "ambiguous_signal"),
        ("sadness", "ambiguous_signal"),
    )
)
CATEGORIES: Final[dict[str, Category]] = {found.name: found for found in (*_BY_RULE, *_CRISES, *_NEGATIVES)}


def categories_named(names: str) -> list[Category]:
    """Return the categories of a list with commas, or all of them for "all". Raises ValueError for an unknown one."""
    if names.strip() == ALL:
        return list(CATEGORIES.values())
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = sorted(set(wanted) - CATEGORIES.keys())
    if unknown or not wanted:
        raise ValueError(f"unknown category {', '.join(unknown) or 'none'}: choose of {', '.join(CATEGORIES)}, or all")
    return [CATEGORIES[name] for name in dict.fromkeys(wanted)]


def generate_edge_cases(
    count: int, seed: int, *, categories: Sequence[Category], scenarios_per_category: int = 50
) -> Iterator[dict[str, Any]]:
    """Yield `count` edge cases, categories and their scenarios in turn, one at a time.

    Raises ValueError for a negative count, no category or no scenario, and Exhausted where a scenario
    has no words left.
    """
    if count < 0 or scenarios_per_category < 1 or not categories:
        raise ValueError("count must not be negative, and there must be a category and a scenario in it")
    rules = grammar.load()
    unlike = Unlike()
    for number in range(count):
        category = categories[number % len(categories)]
        place = number // len(categories) % scenarios_per_category
        scenario, rule = scenario_at(category, place, seed, rules)
        told_scenario, told, _ = first_new(
            unlike,
            seed,
            number,
            lambda rng, scenario=scenario, rule=rule: (scenario, tell(scenario, rules, rng, rule)),  # type: ignore[misc]
        )
        made = row(f"edge-{seed}-{number:06d}", told_scenario, told, seed)
        made["is_edge_case"] = True
        made["edge_case_kind"] = category.kind
        made["metadata"] |= {
            "category": category.name,
            "scenario_id": f"{category.name}-{place:03d}-{seed}",
            "source_family": SOURCE_FAMILY,
        }
        yield made


def scenario_at(category: Category, place: int, seed: int, rules: grammar.Grammar) -> tuple[Scenario, str]:
    """Return the fixed scenario at its place in a category, and the rule of its signal ("" for the scenario's own)."""
    rng = random.Random(f"{GENERATOR}:{category.name}:{place}:{seed}")  # noqa: S311 - repeatable by design, no secret
    family = taxonomy.SCENARIO_FAMILIES[place % len(taxonomy.SCENARIO_FAMILIES)]
    rule = ""
    severity: int | None
    if category.none_kind:
        crisis_type, severity = taxonomy.NONE_TYPE, None
    elif category in _BY_RULE:
        names = rules.names(f"edge.{category.name}.")
        rule = names[place % len(names)]
        crisis_type, level = rule.rsplit(".", 2)[1:]
        severity = int(level) or None
    else:
        crisis_type, severity, rule = _crisis(category, place, rng, rules)
    made = around(
        rng,
        crisis_type,
        severity,
        kind=category.none_kind or category.name,
        family=family,
        difficulty=category.difficulty,
    )
    return made, rule


def _crisis(category: Category, place: int, rng: random.Random, rules: grammar.Grammar) -> tuple[str, int, str]:
    crisis_type = taxonomy.SIX_TYPES[place % len(taxonomy.SIX_TYPES)]
    levels = [level for level in SEVERITIES_BY_TYPE[crisis_type] if level in category.severities]
    if category.name == "code_words":
        names = rules.names(f"veil.{crisis_type}.")
        rule = rng.choice(names)
        return crisis_type, int(rule.rsplit(".", 1)[1]), rule
    if not levels:  # no mild form of this type
        crisis_type = "passive_ideation"
        levels = [level for level in SEVERITIES_BY_TYPE[crisis_type] if level in category.severities]
    severity = rng.choice(levels)
    rule = f"core.{crisis_type}.{severity}" if category.name == "late_disclosure" else ""
    return crisis_type, severity, rule
