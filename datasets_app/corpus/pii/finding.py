"""What the search for identifiers reports: places and kinds, never words."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# One placeholder stem per kind of taxonomy.PII_KINDS.
STEMS: Final[dict[str, str]] = {
    "email": "EMAIL",
    "phone": "PHONE",
    "ssn": "SSN",
    "credit_card": "CARD",
    "postal_address": "ADDRESS",
    "personal_name": "NAME",
    "date_of_birth": "BIRTH_DATE",
    "ip_address": "IP",
    "url": "URL",
}
# What other tools leave behind counts as replaced already: [NAME], [NAME_1], <url>, <PERSON>, {{name}}, @user.
REPLACED: Final = re.compile(
    r"\[(?!\s?(?:at|dot)\s?\])[A-Za-z][A-Za-z_ -]{0,30}\d{0,4}\]|<[A-Za-z][A-Za-z_ -]{0,30}\d{0,4}>|"
    r"\{\{?[\w .-]{1,40}\}?\}|@user\b"
)
NUMBERED: Final = re.compile(r"\[([A-Z]+(?:_[A-Z]+)*)_(\d{1,6})\]")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one text that may identify somebody: characters [start, end), before it has a placeholder."""

    start: int
    end: int
    kind: str
    confidence: float


class Taken:
    """Stretches of a text that are spoken for; asking costs a bisection, however many there are."""

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(stretches):
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def overlaps(self, start: int, end: int) -> bool:
        """Whether [start, end) shares a character with any of them."""
        place = bisect_left(self._starts, end)
        return place > 0 and self._ends[place - 1] > start


@dataclass(frozen=True, slots=True)
class Finding:
    """A stretch of message `turn` (from 0), characters [start, end), that may identify somebody.

    `confidence` lies in 0..1. `placeholder` is what stands in its place, the same for the same person or value
    throughout a conversation.
    """

    turn: int
    start: int
    end: int
    kind: str
    confidence: float
    placeholder: str
