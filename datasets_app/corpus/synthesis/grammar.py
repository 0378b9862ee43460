"""A small grammar for people to read and write: rules of lines, `[choices|with|bars]`, `{references}` to other rules.

The rules stand in `grammar/*.txt`, so that a clinician can review them without reading code. A rule begins with
`:: name`; its lines are its alternatives. `:: name !` keeps the words that it chose for the rest of a conversation:
a sister stays a sister. Choices nest; an empty one (`[a|]`) may say nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "grammar"
_HEADER: Final = "::"
_KEPT: Final = "!"
_MAX_DEPTH: Final = 12
# "on {day}" where the day is not one of the week.
_ON_NO_WEEKDAY: Final = re.compile(r"\bon (?=(?:tomorrow|next week)\b)")


class GrammarError(ValueError):
    """A rule that is not well formed: names the rule and what is wrong."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A place where another rule's words go."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, each a sequence of parts."""

    options: tuple[Sequence_, ...]


Part = str | Reference | Choice
Sequence_ = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A named choice of lines. `weights` grow with what a line can say, so that rich lines are not worn out."""

    name: str
    lines: tuple[Sequence_, ...]
    weights: tuple[float, ...]
    kept: bool


@dataclass(frozen=True, slots=True)
class Grammar:
    """All rules by name."""

    rules: Mapping[str, Rule]

    def names(self, prefix: str) -> tuple[str, ...]:
        """Return the names that begin with the prefix, sorted."""
        return tuple(sorted(name for name in self.rules if name.startswith(prefix)))


@dataclass(slots=True)
class Expander:
    """Turns rules into words for one conversation; kept rules are chosen once."""

    grammar: Grammar
    rng: random.Random
    kept: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str) -> str:
        """Return words for the rule. Raises GrammarError for a rule that is not there."""
        return _tidy(self._rule(name, 0))

    def _rule(self, name: str, depth: int) -> str:
        if name in self.kept:
            return self.kept[name]
        rule = self.grammar.rules.get(name)
        if rule is None or depth > _MAX_DEPTH:
            raise GrammarError(f"no rule {name!r}, or one that never ends")
        line = self.rng.choices(rule.lines, weights=rule.weights)[0]
        words = self._sequence(line, depth)
        if rule.kept:
            self.kept[name] = words
        return words

    def _sequence(self, parts: Sequence_, depth: int) -> str:
        return "".join(self._part(part, depth) for part in parts)

    def _part(self, part: Part, depth: int) -> str:
        if isinstance(part, str):
            return part
        if isinstance(part, Reference):
            return self._rule(part.name, depth + 1)
        return self._sequence(self.rng.choice(part.options), depth + 1)


@cache
def load(folder: Path = FOLDER) -> Grammar:
    """Read all rules of a folder and check that every reference has its rule. Raises GrammarError."""
    rules: dict[str, Rule] = {}
    for path in sorted(folder.glob("*.txt")):
        for rule in parse(path.read_text(encoding="utf-8").splitlines()):
            if rule.name in rules:
                raise GrammarError(f"rule {rule.name!r} stands twice")
            rules[rule.name] = rule
    for rule in rules.values():
        for missing in sorted(_references(rule.lines) - rules.keys()):
            raise GrammarError(f"rule {rule.name!r} refers to {missing!r}, which is not there")
    return Grammar(rules)


def parse(lines: Iterable[str]) -> list[Rule]:
    """Return the rules of a text. Raises GrammarError for a line without a rule, an open bracket, an empty rule."""
    found: list[tuple[str, bool, list[Sequence_]]] = []
    for line in lines:
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.startswith(_HEADER):
            name, _, mark = stripped.removeprefix(_HEADER).strip().partition(" ")
            found.append((name, mark.strip() == _KEPT, []))
        elif not found:
            raise GrammarError(f"a line before the first rule: {stripped!r}")
        else:
            found[-1][2].append(_parsed(stripped, found[-1][0]))
    for name, _, alternatives in found:
        if not name or not alternatives:
            raise GrammarError(f"rule {name!r} says nothing")
    return [
        Rule(name, tuple(alternatives), tuple(_richness(line) ** 0.5 for line in alternatives), kept)
        for name, kept, alternatives in found
    ]


def _parsed(text: str, rule: str) -> Sequence_:
    parts, place = _sequence(text, 0, rule)
    if place != len(text):
        raise GrammarError(f"rule {rule!r}: a bracket too many in {text!r}")
    return parts


def _sequence(text: str, place: int, rule: str) -> tuple[Sequence_, int]:
    """Parse up to a bar or a closing bracket; returns the parts and where it stopped."""
    parts: list[Part] = []
    words = ""
    while place < len(text) and text[place] != "]" and text[place] != "|":
        sign = text[place]
        if sign not in "[{":
            words, place = words + sign, place + 1
            continue
        if words:
            parts.append(words)
            words = ""
        if sign == "{":
            end = text.find("}", place)
            if end < 0:
                raise GrammarError(f"rule {rule!r}: an open brace in {text!r}")
            parts.append(Reference(text[place + 1 : end]))
            place = end + 1
        else:
            choice, place = _choice(text, place + 1, rule)
            parts.append(choice)
    if words:
        parts.append(words)
    return tuple(parts), place


def _choice(text: str, place: int, rule: str) -> tuple[Choice, int]:
    options: list[Sequence_] = []
    while True:
        option, place = _sequence(text, place, rule)
        options.append(option)
        if place >= len(text):
            raise GrammarError(f"rule {rule!r}: an open bracket in {text!r}")
        place += 1
        if text[place - 1] == "]":
            return Choice(tuple(options)), place


def _richness(parts: Sequence_) -> float:
    """How many things a line can say, a reference counted as four: bounded, so that no line drowns the others."""
    total = 1.0
    for part in parts:
        if isinstance(part, Reference):
            total *= 4
        elif isinstance(part, Choice):
            total *= sum(_richness(option) for option in part.options)
    return min(total, 400.0)


def _references(lines: Iterable[Sequence_]) -> set[str]:
    found: set[str] = set()
    for parts in lines:
        for part in parts:
            if isinstance(part, Reference):
                found.add(part.name)
            elif isinstance(part, Choice):
                found |= _references(part.options)
    return found


def _tidy(text: str) -> str:
    """Close the gaps that empty choices leave."""
    words = _ON_NO_WEEKDAY.sub("", " ".join(text.split()))
    for sign in (",", ".", "?", "!", ";"):
        words = words.replace(f" {sign}", sign)
    return words.strip(" ,;")
