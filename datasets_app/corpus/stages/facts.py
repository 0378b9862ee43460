"""What is known of a record beside its dialogue: stage, family, voice, scores that somebody gave it.

A raw row says it at its top or in its metadata; a record that the hub wrote keeps the row it came from in
`metadata.origin.input`. The outermost statement counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.routing import Routing

# Scores that a record may bring along (of the enrichment's heads, of a person), each from 0 to 1.
GIVEN_SCORES: Final = ("empathy", "reasoning", "safety")
# Fields that the stages ask about; whatever else a row said stays with the record.
HANDED_ON: Final = ("persona_id", "voice_signature", "quality_profile", "roleplay_style", "role_play_style", "task")
_STAGE: Final = re.compile(r"(?:stage[ _-]?)?([1-4])(?:[ _-].*)?", re.IGNORECASE | re.DOTALL)
_SIMULATED_TASKS: Final = frozenset({"simulation", "simulator", "roleplay"})
_LONGEST_NAME: Final = 120
_NOTHING: Final[dict[str, Any]] = {}


class Facts(NamedTuple):
    """What a record says of itself, completed by its path and by what is said of the whole input."""

    stage: int
    family: str
    source: str
    persona_id: str
    voice_signature: str
    quality_profile: str
    simulated_task: bool
    pii_pending: bool
    scores: dict[str, float]


def facts_of(origin: Mapping[str, Any], *, family: str, stage: int, source: str) -> Facts:
    """Return the facts of a converted record's metadata; the arguments stand in for what it does not say."""
    layers = list(_layers(origin))
    own_family = _text(layers, "source_family", "family")
    own_source = _text(layers, "source")
    return Facts(
        stage=_stage(layers) or stage,
        family=own_family if own_family in taxonomy.FAMILIES else family,
        source=own_source if own_source in taxonomy.SOURCES else source,
        persona_id=_text(layers, "persona_id"),
        voice_signature=_text(layers, "voice_signature"),
        quality_profile=_text(layers, "quality_profile"),
        simulated_task=bool(_text(layers, "roleplay_style", "role_play_style"))
        or _text(layers, "task").lower() in _SIMULATED_TASKS,
        pii_pending=_text(layers, "pii") == "pending",
        scores=_scores(layers),
    )


def handed_on(origin: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a release must keep of a row's other fields for its ladder: short names and numbers, no free text."""
    layers = list(_layers(origin))
    found: dict[str, Any] = {name: value for name in HANDED_ON if (value := _text(layers, name))}
    scores = _scores(layers)
    return found | ({"scores": scores} if scores else {})


def route_of(key: str, routing: Routing) -> tuple[str, int] | None:
    """Return family and stage of an object by its path: a path of the table in it, or a folder named as a family."""
    path = "/" + key.partition("://")[2] if "://" in key else "/" + key.lstrip("/")
    for route in routing.routes:
        if route.stage is not None and f"/{route.path}" in path:
            return route.name, route.stage
    folders = path.split("/")[:-1]
    named = next((folder for folder in reversed(folders) if folder in taxonomy.FAMILIES), None)
    return (named, routing.stage_of(named)) if named else None


def says_edge_case(raw: bytes) -> bool:
    """Whether a row that cannot be taken in says that it is an edge case: such rows must not go unnoticed."""
    if b"edge_case" not in raw:
        return False
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        # Broken, and it speaks of edge cases: rather one too many in the count than one too few.
        return True
    layers = (row, row.get("metadata")) if isinstance(row, dict) else ()
    names = ("is_edge_case", "is_training_edge_case")
    return any(layer.get(name) is True for layer in layers if isinstance(layer, dict) for name in names)


def _layers(origin: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the row, its metadata, and so on down through the rows that records of the hub were made of."""
    while True:
        row = origin.get("input")
        if not isinstance(row, Mapping):
            return
        yield row
        metadata = row.get("metadata")
        if not isinstance(metadata, Mapping):
            return
        yield metadata
        inner = metadata.get("origin")
        origin = inner if isinstance(inner, Mapping) else _NOTHING


def _text(layers: list[Mapping[str, Any]], *names: str) -> str:
    found = (layer.get(name) for layer in layers for name in names)
    return next((value.strip()[:_LONGEST_NAME] for value in found if isinstance(value, str) and value.strip()), "")


def _stage(layers: list[Mapping[str, Any]]) -> int | None:
    for layer in layers:
        value = layer.get("stage")
        if isinstance(value, int) and not isinstance(value, bool) and value in taxonomy.STAGES:
            return value
        if isinstance(value, str) and (match := _STAGE.fullmatch(value.strip())):
            return int(match.group(1))
    return None


def _scores(layers: list[Mapping[str, Any]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for layer in layers:
        given = layer.get("scores")
        if not isinstance(given, Mapping):
            continue
        for name in GIVEN_SCORES:
            value = given.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
                found.setdefault(name, float(value))
    return found
