"""What a person chooses for an import, checked once for the form, the command line and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from datasets_app.corpus import taxonomy
from datasets_app.corpus.structure import DEFAULT_RULES, StructureRules

from .errors import ImportRefused


@dataclass(frozen=True)
class ImportOptions:
    """What is known about the conversations, and which structure rules apply to them. Raises ImportRefused."""

    source: str
    family: str
    stage: int = 1
    licence: str = ""
    consent_basis: str = ""
    rules: StructureRules = DEFAULT_RULES

    def __post_init__(self) -> None:
        if self.source not in taxonomy.SOURCES:
            raise ImportRefused(f"The source must be one of {', '.join(taxonomy.SOURCES)}.")
        if self.family not in taxonomy.FAMILIES:
            raise ImportRefused(f"The family must be one of {', '.join(taxonomy.FAMILIES)}.")
        if self.stage not in taxonomy.STAGES:
            raise ImportRefused("The stage must be 1, 2, 3 or 4.")

    def columns(self) -> dict[str, Any]:
        """The values of a batch's columns."""
        return {
            "source": self.source,
            "family": self.family,
            "stage": self.stage,
            "licence": self.licence.strip()[:200],
            "consent_basis": self.consent_basis.strip()[:500],
            "options": switched(self.rules),
        }


@dataclass(frozen=True)
class ClientRequest:
    """One request of a program, known again by the key that it sends along; without a key every request is new."""

    key: str = ""
    sha256: str = ""

    def columns(self, part: int) -> dict[str, Any]:
        """The values of a batch's columns, `part` counting the imports of one request."""
        return {"request_key": self.key, "request_part": part, "request_sha256": self.sha256}


UNKEYED = ClientRequest()


def switched(rules: StructureRules) -> dict[str, Any]:
    """The rules that differ from the default, as plain JSON: what an import's row keeps."""
    usual = asdict(DEFAULT_RULES)
    return {name: value for name, value in asdict(rules).items() if value != usual[name]}


def rules_of(options: Mapping[str, Any]) -> StructureRules:
    """The rules that an import's row keeps; other keys are not looked at."""
    known = {field.name for field in fields(StructureRules)}
    return StructureRules(**{name: value for name, value in options.items() if name in known})


def rules_chosen(chosen: Mapping[str, Any]) -> StructureRules:
    """The rules of a filled-in form or of command options: limits of 0 or None are off."""
    return StructureRules(
        min_turns=chosen["min_turns"] or None,
        max_turns=chosen["max_turns"] or None,
        max_turn_chars=chosen["max_turn_chars"] or None,
        needs_user=bool(chosen["needs_user"]),
        alternating=bool(chosen["alternating"]),
        posts_as_turns=bool(chosen["posts_as_turns"]),
    )


def rules_in_words(options: Mapping[str, Any]) -> list[str]:
    """What differs from the usual rules, as people read it; [] where nothing does."""
    words = {
        "min_turns": "at least {} turns",
        "max_turns": "at most {} turns",
        "max_turn_chars": "at most {} characters in a turn",
    }
    off = {"min_turns": "any number of turns", "max_turns": "no upper limit", "max_turn_chars": "turns of any length"}
    switches = {
        "needs_user": "nobody need be the user",
        "alternating": "speakers take turns",
        "posts_as_turns": "posts are turns",
    }
    found = []
    for name, value in options.items():
        if name in words:
            found.append(off[name] if value is None else words[name].format(value))
        elif name in switches:
            found.append(switches[name])
    return found
