"""The labelled cases: written by hand and generated, with what is an identifier marked in the text.

A mark is `⟦name|Anna Smith⟧`; brackets and braces would look like placeholders.
Every case is made up; no person's words are in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .generated import generated_texts
from .hard_cases import HARD
from .negatives import NEGATIVES

KIND_OF_MARK: Final[dict[str, str]] = {
    "name": "personal_name",
    "email": "email",
    "phone": "phone",
    "ssn": "ssn",
    "card": "credit_card",
    "address": "postal_address",
    "birth": "date_of_birth",
    "ip": "ip_address",
    "url": "url",
}
_MARK: Final = re.compile(r"⟦(\w+)\|([^⟧]+)⟧")


@dataclass(frozen=True)
class Label:
    """A stretch of turn `turn` that is an identifier of this kind."""

    turn: int
    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Case:
    """A made-up conversation with its labels. `origin`: hard, negative or generated."""

    origin: str
    messages: tuple[dict[str, str], ...]
    labels: tuple[Label, ...]

    @property
    def text(self) -> str:
        """The words of all turns, for a hash and for showing a miss."""
        return "\n".join(message["content"] for message in self.messages)


def half_of(case: Case) -> str:
    """Return "developed" or "held_out": by a hash of the text, so that nobody chooses."""
    return "held_out" if hashlib.sha256(case.text.encode()).digest()[0] & 1 else "developed"


def all_cases(seed: int = 20) -> list[Case]:
    """Return every case; the same seed gives the same cases."""
    return [
        *(_case("hard", text) for text in HARD),
        *(_case("negative", text) for text in NEGATIVES),
        *(_case("generated", text) for text in generated_texts(seed)),
    ]


def _case(origin: str, marked: str) -> Case:
    messages: list[dict[str, str]] = []
    labels: list[Label] = []
    for turn, part in enumerate(marked.split(" ¶ ")):
        content, found = _unmarked(part)
        messages.append({"role": "assistant" if turn % 2 else "user", "content": content})
        labels.extend(Label(turn, start, end, kind) for start, end, kind in found)
    return Case(origin, tuple(messages), tuple(labels))


def _unmarked(part: str) -> tuple[str, Sequence[tuple[int, int, str]]]:
    content, labels, place = "", [], 0
    for mark in _MARK.finditer(part):
        content += part[place : mark.start()]
        labels.append((len(content), len(content) + len(mark[2]), KIND_OF_MARK[mark[1]]))
        content += mark[2]
        place = mark.end()
    return content + part[place:], labels
