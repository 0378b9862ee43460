"""What a picker is: it says what one row gives to a set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple, Protocol, cast

from datasets_app.corpus.engine.settings import Input
from datasets_app.corpus.reading import RawRow

#: Sets by name, each with the factory of its picker.
PICKERS: Final[dict[str, str]] = {
    "long_running_therapy": "long_running:LongPicker",
    "transcripts": "personas:PersonaPicker",
    "preference_pairs": "replies:ReplyPicker",
}


class Passed(Exception):
    """A row gives nothing; `reason` is a stable code for counting."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Place(NamedTuple):
    """Where a row lies and what is known of all rows there: `name` is the object as reports name it.

    `to_family` and `to_stage` are those of the set that is made.
    """

    name: str
    family: str
    stage: int
    entry: Input
    to_family: str
    to_stage: int


class Found(NamedTuple):
    """One record for the set, and 16 bytes by which records are brought together (b"" where they are not)."""

    record: dict[str, Any]
    key: bytes = b""


class Picker(Protocol):
    """Made anew for each unit of work, with the set's own options."""

    def pick(self, raw: RawRow, place: Place) -> list[Found]:
        """Return what a row gives. Raises Passed for a sound row of no interest, RowRejected for a broken one."""

    def sums(self) -> dict[str, dict[str, float]]:
        """Return what the unit adds to the set's tables, by row and column; the coordinator adds them up."""


def picker_of(name: str, options: Mapping[str, Any]) -> Picker:
    """Return a set's picker. Raises KeyError for an unknown set, ValueError for options that it does not take."""
    module, _, made = PICKERS[name].partition(":")
    factory = getattr(import_module(f"{__package__}.{module}"), made)
    return cast(Callable[[Mapping[str, Any]], Picker], factory)(options)
