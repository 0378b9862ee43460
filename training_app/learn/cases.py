"""A labelled conversation as an evaluation needs it: its label and what it is sliced by, never its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE

from .data import Sample

TURN_BANDS: Final = ((1, "1 turn"), (3, "2-3 turns"), (9, "4-9 turns"), (None, "10 turns or more"))
WORD_BANDS: Final = (
    (24, "under 25 words"),
    (99, "25-99 words"),
    (299, "100-299 words"),
    (None, "300 words or more"),
)
AGE_BANDS: Final = ((17, "under 18"), (24, "18-24"), (39, "25-39"), (64, "40-64"), (None, "65 or more"))
_GENDERS: Final = {
    **dict.fromkeys(("woman", "female", "f", "girl"), "woman"),
    **dict.fromkeys(("man", "male", "m", "boy"), "man"),
    **dict.fromkeys(("non-binary", "nonbinary", "diverse"), "non-binary"),
}
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})?")


@dataclass(frozen=True)
class Case:
    """One conversation of an evaluation.

    `crisis_type` indexes CRISIS_TYPES; None for a crisis whose type the labels do not say. `severity` is 1-5 or None.
    `slices` maps kinds of slices to this case's value.
    """

    record_id: str
    content_hash: str
    crisis: bool
    crisis_type: int | None
    severity: int | None
    source: str
    simulated: bool
    slices: Mapping[str, str]

    @property
    def type_name(self) -> str:
        """The label's type; empty when the label only says that it is a crisis."""
        return "" if self.crisis_type is None else CRISIS_TYPES[self.crisis_type]


def case_of(sample: Sample) -> Case:
    """Return the case of a release's conversation."""
    slices = {
        "source": sample.source,
        "edge_case": "yes" if sample.is_edge_case else "no",
        "simulated": "yes" if sample.simulated else "no",
        "turns": band(sample.turns, TURN_BANDS),
        "words": band(len(sample.text.split()), WORD_BANDS),
        **demographic_slices(sample.demographics),
    }
    if sample.edge_case_kind:
        slices["edge_case_kind"] = sample.edge_case_kind
    if sample.language:
        slices["language"] = sample.language
    return Case(
        record_id=sample.record_id,
        content_hash=sample.content_hash,
        crisis=CRISIS_TYPES[sample.crisis_type] != NONE_TYPE,
        crisis_type=sample.crisis_type,
        severity=sample.severity,
        source=sample.source,
        simulated=sample.simulated,
        slices=slices,
    )


def band(size: int, bands: tuple[tuple[int | None, str], ...]) -> str:
    """Return the name of the band that holds a size."""
    return next(name for most, name in bands if most is None or size <= most)


def demographic_slices(said: Any) -> dict[str, str]:
    """Return age band and gender out of "34, woman" or {"age": 34, "gender": "woman"}; what is not known stays out.

    Only words of a short list are taken over: the field is free text, and a group is no place for a name.
    """
    if isinstance(said, Mapping):
        words = [str(said.get(name, "")) for name in ("age", "gender")]
    else:
        words = str(said or "").split(",")
    found = {}
    for word in (word.strip().lower() for word in words):
        if word.isascii() and word.isdecimal() and 0 < int(word[:4]) < 120:
            found["age"] = band(int(word), AGE_BANDS)
        elif word in _GENDERS:
            found["gender"] = _GENDERS[word]
    return found


def language_of(said: Any) -> str:
    """Return a language tag as it stands in the input, empty for anything that is none."""
    return said if isinstance(said, str) and _LANGUAGE.fullmatch(said) else ""
