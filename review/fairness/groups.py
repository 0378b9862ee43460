"""A decision with the groups that its person belongs to, read out of what came with the conversation.

Only words of short lists become a group: the fields are free text, and a group is no place for a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from training_app.learn.cases import demographic_slices, language_of

#: Attributes in the order in which they are read. The last two are no groups of people, but parts of the data in which
#: a model may do worse.
ATTRIBUTES: Final[dict[str, str]] = {
    "age": "Age",
    "gender": "Gender",
    "ethnicity": "Ethnicity",
    "language": "Language",
    "source": "Source",
    "edge_case": "Edge case",
}
NOT_STATED: Final = "not stated"
_ETHNICITIES: Final = {
    **dict.fromkeys(("asian", "east asian", "south asian"), "asian"),
    **dict.fromkeys(("black", "african american", "african-american", "african"), "black"),
    **dict.fromkeys(("hispanic", "latino", "latina", "latinx"), "hispanic or latino"),
    **dict.fromkeys(("white", "caucasian"), "white"),
    **dict.fromkeys(("native american", "indigenous", "american indian"), "indigenous"),
    **dict.fromkeys(("middle eastern", "arab", "north african"), "middle eastern or north african"),
    **dict.fromkeys(("mixed", "multiracial", "two or more races"), "mixed"),
}
_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "ethnicity": ("ethnicity", "race"),
    "language": ("language", "lang", "locale"),
}


@dataclass(frozen=True)
class GroupedDecision:
    """One test conversation: whether it is a crisis, what was decided, the score, and its groups. No words."""

    key: str
    crisis: bool
    flagged: bool
    score: float
    groups: Mapping[str, str]


def groups_of(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Age band, gender, ethnicity and language out of a record's metadata, where it says so.

    Read are the sample schema's `demographics` ("34, woman" or {"age": 34, "gender": "woman"}) and keys of their own
    (`age`, `gender`, `sex`, `ethnicity`, `race`, `language`), at the top of the input, in its metadata or within
    `demographics`.
    """
    found: dict[str, str] = {}
    for place in _places(metadata):
        said = place.get("demographics")
        inner = said if isinstance(said, Mapping) else {}
        structured = {
            "age": inner.get("age", place.get("age", "")),
            "gender": inner.get("gender", inner.get("sex", place.get("gender", place.get("sex", "")))),
        }
        for name, value in (demographic_slices(structured) | _of_text(said)).items():
            found.setdefault(name, value)
        for source in (inner, place):
            _take_listed(found, source)
    return found


def _of_text(said: Any) -> dict[str, str]:
    return demographic_slices(said) if isinstance(said, str) else {}


def _take_listed(found: dict[str, str], source: Mapping[str, Any]) -> None:
    for key in _KEYS["ethnicity"]:
        value = source.get(key)
        if isinstance(value, str) and value.strip().lower() in _ETHNICITIES:
            found.setdefault("ethnicity", _ETHNICITIES[value.strip().lower()])
    for key in _KEYS["language"]:
        tag = language_of(source.get(key))
        if tag:
            found.setdefault("language", tag.partition("-")[0])


def _places(metadata: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Where an input may say something: beside the conversation, in the input itself, in the input's metadata."""
    given = metadata.get("input")
    nested = given.get("metadata") if isinstance(given, Mapping) else None
    for place in (metadata, given, nested):
        if isinstance(place, Mapping):
            yield place
