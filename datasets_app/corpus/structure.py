"""Rules on the shape of a conversation, each one a switch (D4). Findings are reported; nothing is deleted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class StructureRules:
    """Which rules apply. A limit of None switches a rule off.

    `posts_as_turns` takes rows in that hold a list of one person's posts, as that person's turns.
    """

    min_turns: int | None = 1
    max_turns: int | None = 2_000
    max_turn_chars: int | None = 100_000
    needs_user: bool = True
    alternating: bool = False
    posts_as_turns: bool = False


DEFAULT_RULES: Final = StructureRules()


@dataclass(frozen=True)
class StructureFinding:
    """A broken rule; `turn` counts from 1, 0 means the conversation as a whole."""

    rule: str
    turn: int
    detail: str


def check_structure(
    messages: Sequence[Mapping[str, str]], rules: StructureRules = DEFAULT_RULES
) -> list[StructureFinding]:
    """Return the broken rules, an empty list for a sound conversation. System messages are not turns."""
    spoken = [message for message in messages if message["role"] != "system"]
    findings = []
    if rules.min_turns is not None and len(spoken) < rules.min_turns:
        findings.append(StructureFinding("too_few_turns", 0, f"{len(spoken)} of at least {rules.min_turns} turns"))
    if rules.max_turns is not None and len(spoken) > rules.max_turns:
        findings.append(StructureFinding("too_many_turns", 0, f"{len(spoken)} of at most {rules.max_turns} turns"))
    if rules.needs_user and not any(message["role"] == "user" for message in spoken):
        findings.append(StructureFinding("no_user_turn", 0, "nobody speaks as the user"))
    for turn, message in enumerate(spoken, start=1):
        if rules.max_turn_chars is not None and len(message["content"]) > rules.max_turn_chars:
            findings.append(
                StructureFinding("turn_too_long", turn, f"turn {turn} is longer than {rules.max_turn_chars} characters")
            )
        if rules.alternating and turn > 1 and message["role"] == spoken[turn - 2]["role"]:
            findings.append(StructureFinding("not_alternating", turn, f"turn {turn} repeats the speaker"))
    return findings
