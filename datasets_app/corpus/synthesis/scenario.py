"""What a made-up conversation is about: drawn first, then told."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from datasets_app.corpus import taxonomy

NONE_SHARE: Final = 0.36
FORMS: Final = ("chat", "post", "note")
_FORM_WEIGHTS: Final = (0.44, 0.24, 0.32)
# Who the person writes to. Posts and notes are read by strangers.
ROLE_PLAY_STYLES: Final = ("counselling", "text_line", "assistant", "character_play", "diary")
_STYLE_WEIGHTS: Final = (0.4, 0.25, 0.2, 0.08, 0.07)
QUALITIES: Final = ("good", "mixed", "poor")
_QUALITY_WEIGHTS: Final = (0.5, 0.3, 0.2)
# What a `none` is, by how near it comes to a crisis.
NONE_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "overt": ("everyday", "everyday", "opinion", "stress", "body"),
    "hedged": ("stress", "stress", "sadness", "rant", "rant", "body"),
    "veiled": ("grief", "recovery", "supporter", "sadness", "rant", "opinion"),
    "adversarial": ("idiom", "third_person", "fiction", "research", "lookalike", "lookalike"),
}
SEVERITIES_BY_TYPE: Final[dict[str, dict[int, float]]] = {
    "immediate_harm": {3: 1.5, 4: 3, 5: 3},
    "self_harm": {1: 0.7, 2: 1, 3: 3, 4: 2, 5: 1.5},
    "substance": {1: 0.7, 2: 1, 3: 3, 4: 2, 5: 1.5},
    "panic": {1: 0.7, 2: 1, 3: 3, 4: 2.5, 5: 1},
    "psychotic": {2: 1, 3: 2, 4: 3, 5: 1.5},
    "passive_ideation": {1: 0.7, 2: 1, 3: 4, 4: 2},
}
_AGES: Final[dict[str, tuple[int, int]]] = {"teen": (13, 17), "young": (18, 29), "adult": (30, 59), "older": (60, 86)}
_AGE_WEIGHTS: Final[dict[str, tuple[float, ...]]] = {
    "school_youth": (3, 1, 0, 0),
    "isolation_ageing": (0, 0, 0, 1),
    "illness_body": (0.5, 2, 3, 1),
    "work_money": (0, 2, 3, 0.5),
}
_GENDERS: Final = ("woman", "man", "woman", "man", "non-binary")


@dataclass(frozen=True, slots=True)
class Person:
    """Who writes: an invented person."""

    age: int
    band: str
    gender: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is told. `kind` is the sort of none, the category of an edge case, or "" for a plain crisis."""

    crisis_type: str
    severity: int | None
    kind: str
    family: str
    difficulty: str
    form: str
    style: str
    quality: str
    person: Person

    @property
    def is_crisis(self) -> bool:
        """Whether the conversation is one of the six types."""
        return self.crisis_type != taxonomy.NONE_TYPE


def draw(number: int, rng: random.Random) -> Scenario:
    """Draw the scenario of a row. Families and difficulties go round, so that any 32 rows hold all of their pairs."""
    family = taxonomy.SCENARIO_FAMILIES[number % len(taxonomy.SCENARIO_FAMILIES)]
    turn = number // len(taxonomy.SCENARIO_FAMILIES)
    difficulty = taxonomy.DIFFICULTIES[turn % len(taxonomy.DIFFICULTIES)]
    if rng.random() < NONE_SHARE:
        kind = rng.choice(NONE_KINDS[difficulty])
        return around(rng, taxonomy.NONE_TYPE, None, kind=kind, family=family, difficulty=difficulty)
    crisis_type = rng.choice(taxonomy.SIX_TYPES)
    severities = SEVERITIES_BY_TYPE[crisis_type]
    severity = rng.choices(list(severities), weights=list(severities.values()))[0]
    return around(rng, crisis_type, severity, kind="", family=family, difficulty=difficulty)


def around(
    rng: random.Random, crisis_type: str, severity: int | None, *, kind: str, family: str, difficulty: str
) -> Scenario:
    """Draw what does not depend on the label: form, style, quality of the answers, and who writes."""
    form = rng.choices(FORMS, weights=_FORM_WEIGHTS)[0]
    style = rng.choices(ROLE_PLAY_STYLES, weights=_STYLE_WEIGHTS)[0] if form == "chat" else f"public_{form}"
    quality = rng.choices(QUALITIES, weights=_QUALITY_WEIGHTS)[0] if form == "chat" else ""
    return Scenario(crisis_type, severity, kind, family, difficulty, form, style, quality, person(rng, family))


def person(rng: random.Random, family: str) -> Person:
    """Draw an invented person whose age fits the circumstances."""
    band = rng.choices(list(_AGES), weights=_AGE_WEIGHTS.get(family, (1, 3, 3, 1)))[0]
    age = rng.randint(*_AGES[band])
    return Person(age, band, rng.choice(_GENDERS))
