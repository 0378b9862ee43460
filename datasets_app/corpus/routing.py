"""Which family and stage an object belongs to, by its path: a table in a file, read and checked here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus import taxonomy

DEFAULT_FILE: Final = Path(__file__).with_name("routing.toml")


class RoutingInvalid(ValueError):
    """The routing table is no table that can be followed; the message says where."""


@dataclass(frozen=True)
class Route:
    """What lies below a path. `stage` is None for a part of the store that is no family."""

    path: str
    name: str
    stage: int | None = None

    @property
    def is_family(self) -> bool:
        """Whether conversations of one of the 14 families lie here."""
        return self.stage is not None


class Routing:
    """The longest path that a key begins with decides."""

    def __init__(self, routes: Iterable[Route], expected: Mapping[str, int] | None = None) -> None:
        self.routes = tuple(sorted(routes, key=lambda route: (-len(route.path), route.path)))
        # How many objects a family must have to be complete, where somebody said so.
        self.expected = dict(expected or {})

    def of(self, key: str) -> Route | None:
        """The route of a key; None for what the table does not know."""
        return next((route for route in self.routes if key.startswith(route.path)), None)

    @property
    def areas(self) -> list[str]:
        """The parts of the store that are no family, in alphabetical order."""
        return sorted({route.name for route in self.routes if not route.is_family})

    def paths_of(self, name: str) -> list[str]:
        """Where a family or another part lies."""
        return sorted(route.path for route in self.routes if route.name == name)

    def stage_of(self, family: str) -> int:
        """The stage of a family. Raises KeyError for a name that is none."""
        return next(route.stage for route in self.routes if route.name == family and route.stage is not None)


def load_routing(file: Path | None = None) -> Routing:
    """Read a table (the one beside this module by default). Raises RoutingInvalid."""
    path = file or DEFAULT_FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RoutingInvalid(f"{path.name} cannot be read: {type(error).__name__}.") from None
    return parse_routing(table)


def parse_routing(table: Mapping[str, Any]) -> Routing:
    """The routing that a parsed table describes. Raises RoutingInvalid for anything unclear."""
    unknown = set(table) - {"family", "area"}
    if unknown:
        raise RoutingInvalid(f"Only family and area are known, not {', '.join(sorted(unknown))}.")
    routes: list[Route] = []
    expected: dict[str, int] = {}
    for entry in _entries(table, "family"):
        name = _checked(entry, {"name", "paths", "stage", "expected_objects"})
        stage = entry.get("stage")
        if name not in taxonomy.FAMILIES:
            raise RoutingInvalid(f"{name} is none of the families.")
        if stage not in taxonomy.STAGES or isinstance(stage, bool):
            raise RoutingInvalid(f"The stage of {name} must be 1, 2, 3 or 4.")
        routes += [Route(path, name, stage) for path in _paths(entry, name)]
        if "expected_objects" in entry:
            expected[name] = _count(entry["expected_objects"], name)
    for entry in _entries(table, "area"):
        name = _checked(entry, {"name", "paths"})
        if name in taxonomy.FAMILIES:
            raise RoutingInvalid(f"{name} is a family and cannot be another part as well.")
        routes += [Route(path, name) for path in _paths(entry, name)]
    _refuse_contradictions(routes)
    return Routing(routes, expected)


def _entries(table: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    entries = table.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise RoutingInvalid(f"{kind} must be written as [[{kind}]].")
    return entries


def _checked(entry: Mapping[str, Any], allowed: set[str]) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not name or len(name) > 64:
        raise RoutingInvalid("An entry has no name.")
    if set(entry) - allowed:
        raise RoutingInvalid(f"{name} has unknown fields: {', '.join(sorted(set(entry) - allowed))}.")
    return name


def _paths(entry: Mapping[str, Any], name: str) -> list[str]:
    paths = entry.get("paths")
    if not isinstance(paths, list) or not paths:
        raise RoutingInvalid(f"{name} has no paths.")
    for path in paths:
        if not isinstance(path, str) or not path.endswith("/") or path.startswith("/") or "//" in path:
            raise RoutingInvalid(f"A path of {name} must look like folder/folder/.")
    return paths


def _count(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise RoutingInvalid(f"expected_objects of {name} must be a number above 0.")
    return value


def _refuse_contradictions(routes: list[Route]) -> None:
    seen: set[str] = set()
    stages: dict[str, int | None] = {}
    for route in routes:
        if route.path in seen:
            raise RoutingInvalid(f"{route.path} stands in the table twice.")
        seen.add(route.path)
        if stages.setdefault(route.name, route.stage) != route.stage:
            raise RoutingInvalid(f"{route.name} has two stages.")
    missing = [family for family in taxonomy.FAMILIES if family not in stages]
    if missing:
        raise RoutingInvalid(f"These families have no path: {', '.join(missing)}.")
