"""What the label of a row of a file says: the interchange form, or any field with the values that mean a crisis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SEVERITIES

from .errors import FileRefused

# How the labels came to be; shown beside every figure that rests on them.
LABEL_KINDS: Final = ("human", "weak", "synthetic")
MAX_LABEL: Final = 60
_YES: Final = frozenset({1, "true", "1", "yes"})  # True is 1
_NO: Final = frozenset({0, "false", "0", "no"})
# What somebody said must never become a label, for labels are kept and shown.
_WORDS: Final = frozenset({"text", "messages", "conversation", "conversations", "posts", "content", "prompt", "body"})


@dataclass(frozen=True)
class Label:
    """What a label says. `crisis` is None for one that stands for neither: such rows are reported apart.

    `crisis_type` indexes CRISIS_TYPES, None for a crisis of a type that the label does not name.
    """

    said: str
    crisis: bool | None
    crisis_type: int | None = None
    severity: int | None = None


@dataclass(frozen=True)
class LabelMap:
    """Which field holds the label and which of its values mean a crisis, and which none.

    Without a field a row is read in the interchange form: `crisis_type` and perhaps `severity`, or else `crisis`.
    Values are compared without regard to case and may hold `*`; a value that matches neither list is reported apart.
    """

    field: str = ""
    crisis: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.field) != bool(self.crisis or self.none):
            raise FileRefused("a label field needs the values that mean a crisis or none, and they need a field")
        if self.field.lower() in _WORDS:
            raise FileRefused(f"{self.field} holds what somebody said, not a label")

    def label(self, row: Mapping[str, Any]) -> Label:
        """Return what a row's label says. Raises RowRejected for a row without one; the reason holds no value."""
        return self._mapped(row) if self.field else _interchange(row)

    def as_dict(self) -> dict[str, Any]:
        """Return the mapping as JSON types, for the record of an evaluation."""
        return {"field": self.field or "crisis_type", "crisis": list(self.crisis), "none": list(self.none)}

    def _mapped(self, row: Mapping[str, Any]) -> Label:
        if self.field not in row:
            raise RowRejected("no_label", "the row has no such field")
        said = row[self.field]
        if isinstance(said, dict | list):
            raise RowRejected("no_label", "the label is no single value")
        shown = "" if said is None else " ".join(str(said).split())[:MAX_LABEL]
        if _matches(shown, self.crisis):
            return Label(shown, True)
        if _matches(shown, self.none):
            return Label(shown, False, CRISIS_TYPES.index(NONE_TYPE))
        return Label(shown, None)


def values_of(text: str) -> tuple[str, ...]:
    """Return the values of a comma-separated list."""
    return tuple(value.strip() for value in text.split(",") if value.strip())


def _matches(said: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(said.lower(), pattern.lower()) for pattern in patterns)


def _interchange(row: Mapping[str, Any]) -> Label:
    kind = row.get("crisis_type")
    if isinstance(kind, str) and kind in CRISIS_TYPES:
        crisis = kind != NONE_TYPE
        return Label(kind, crisis, CRISIS_TYPES.index(kind), _severity(row.get("severity")) if crisis else None)
    said = row.get("crisis")
    said = said.strip().lower() if isinstance(said, str) else said
    if isinstance(said, bool | int | str) and said in _YES:
        return Label("crisis", True, None, _severity(row.get("severity")))
    if isinstance(said, bool | int | str) and said in _NO:
        return Label("none", False, CRISIS_TYPES.index(NONE_TYPE))
    raise RowRejected("no_label", "the row has neither a crisis_type of the seven nor a crisis that is true or false")


def _severity(given: Any) -> int | None:
    """Return a severity of our scale; another scale's values are not guessed at."""
    if isinstance(given, str) and given.strip().isdecimal():
        given = int(given.strip()[:2])
    return given if isinstance(given, int) and not isinstance(given, bool) and given in SEVERITIES else None
