"""What the search for identifiers reports: places and kinds, never words."""

from __future__ import annotations

import re
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
    r"\[[A-Za-z][A-Za-z_ -]{0,30}\d{0,4}\]|<[A-Za-z][A-Za-z_ -]{0,30}\d{0,4}>|\{\{?[\w .-]{1,40}\}?\}|@user\b"
)
NUMBERED: Final = re.compile(r"\[([A-Z]+(?:_[A-Z]+)*)_(\d{1,6})\]")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one text that may identify somebody: characters [start, end), before it has a placeholder."""

    start: int
    end: int
    kind: str
    confidence: float


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
