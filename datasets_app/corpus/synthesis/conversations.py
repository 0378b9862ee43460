"""Rows of made-up conversations: any number, the same for a seed, no two nearly alike, each said to be made up."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, Final

from datasets_app.corpus import taxonomy
from datasets_app.corpus.dedup.minhash import BAND_BYTES, BANDS, bands, text_of

from . import grammar
from .scenario import Scenario, draw
from .telling import Told, tell

GENERATOR: Final = "datasets_app.corpus.synthesis/2"
STATEMENT: Final = "synthetic: composed by a program from templates; nobody wrote it and nobody lived it"
_MAX_TRIES: Final = 40
_CONFIDENCE: Final[dict[str, tuple[float, float]]] = {
    "overt": (0.85, 0.98),
    "hedged": (0.75, 0.92),
    "veiled": (0.6, 0.85),
    "adversarial": (0.55, 0.8),
}


class Exhausted(RuntimeError):
    """The grammar has no more to say: every try was like a row before."""


class Unlike:
    """Remembers what was said (128 bytes a row) and refuses what is nearly the same."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def takes(self, messages: list[dict[str, str]]) -> bool:
        """Whether the conversation shares no band with one before; it is remembered if so."""
        packed = bands(text_of(messages))
        keys = [packed[place * BAND_BYTES : (place + 1) * BAND_BYTES] for place in range(BANDS)]
        if not self._seen.isdisjoint(keys):
            return False
        self._seen.update(keys)
        return True


def generate_synthetic(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield `count` labelled conversations in the shape of record.AnnotatedSample, one at a time.

    A third or so are `none`, half of those near a crisis or with crisis words; the rest is even over the six types.
    The first n of a longer run are the same rows as a run of n. Raises ValueError for a negative count and Exhausted
    where the grammar has nothing new left.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    rules = grammar.load()
    unlike = Unlike()
    for number in range(count):
        scenario, told, _ = first_new(
            unlike,
            seed,
            number,
            lambda rng, number=number: (found := draw(number, rng), tell(found, rules, rng)),  # type: ignore[misc]
        )
        yield row(f"syn2-{seed}-{number:06d}", scenario, told, seed)


def first_new(
    unlike: Unlike, seed: int, number: int, made: Callable[[random.Random], tuple[Scenario, Told]]
) -> tuple[Scenario, Told, int]:
    """Return the first conversation that is like none before, and its try. Each try has a random stream of its own."""
    for attempt in range(_MAX_TRIES):
        rng = random.Random(f"{GENERATOR}:{seed}:{number}:{attempt}")  # noqa: S311 - repeatable by design, no secret
        scenario, told = made(rng)
        if unlike.takes(told.messages):
            return scenario, told, attempt
    raise Exhausted(f"row {number}: {_MAX_TRIES} tries were all like rows before")


def row(identifier: str, scenario: Scenario, told: Told, seed: int) -> dict[str, Any]:
    """Return the annotated sample of a told scenario, with where it comes from."""
    low, high = _CONFIDENCE[scenario.difficulty]
    share = random.Random(identifier).random()  # noqa: S311 - repeatable by design, no secret
    return {
        "id": identifier,
        "conversation": told.messages,
        "crisis_type": scenario.crisis_type,
        "severity": scenario.severity,
        "confidence": round(low + share * (high - low), 2),
        "source": taxonomy.Source.SYNTHETIC.value,
        "is_edge_case": False,
        "edge_case_kind": "",
        "annotators": [],
        "metadata": {
            "demographics": f"{scenario.person.age}, {scenario.person.gender}",
            "culture": told.culture,
            "context": scenario.kind or f"{scenario.crisis_type}, severity {scenario.severity}",
            "scenario_family": scenario.family,
            "family_told": told.story_told,
            "difficulty": scenario.difficulty,
            "form": scenario.form,
            "role_play_style": scenario.style,
            "register": told.register,
            "assistant_quality": scenario.quality,
            "disclosure_turn": told.disclosure_turn,
            "generator": GENERATOR,
            "seed": seed,
            "provenance": {"backend": "templates", "statement": STATEMENT},
        },
    }
