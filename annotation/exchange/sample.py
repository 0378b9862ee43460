"""The neutral form that all formats are written from and read into."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from datasets_app.corpus.taxonomy import CRISIS_TYPES, EDGE_CASE_KINDS, NONE_TYPE

Severity = Annotated[int, Meta(ge=1, le=5)]
Confidence = Annotated[float, Meta(ge=0, le=1)]
Name = Annotated[str, Meta(max_length=200)]
SourceName = Literal["", "synthetic", "real", "augmented"]
Long = Annotated[str, Meta(max_length=2000)]


class Span(Struct, frozen=True, forbid_unknown_fields=True):
    """Evidence: code points of one message, end exclusive."""

    message: Annotated[int, Meta(ge=0)]
    start: Annotated[int, Meta(ge=0)]
    end: Annotated[int, Meta(ge=1)]


class RawLabel(Struct, frozen=True, kw_only=True):
    """What one annotator decided, under a pseudonym."""

    annotator: Name
    crisis_type: str
    severity: Severity | None = None
    confidence: Confidence | None = None
    secondary_types: tuple[str, ...] = ()
    is_edge_case: bool = False
    edge_case_kind: str = ""
    spans: tuple[Span, ...] = ()
    about_someone_else: bool = False
    uncertain: bool = False
    note: Long = ""
    seconds_spent: Annotated[int, Meta(ge=0)] = 0
    submitted_at: str = ""  # ISO 8601
    revision: int = 1
    guideline_version: int = 0
    sha256: str = ""

    def __post_init__(self) -> None:
        check_decision(self.crisis_type, self.severity, self.edge_case_kind)
        if set(self.secondary_types) - set(CRISIS_TYPES):
            raise ValueError("a secondary type is unknown")


class FinalLabel(Struct, frozen=True, kw_only=True):
    """The label that stands for a sample, and how it came about."""

    crisis_type: str
    severity: Severity | None = None
    confidence: Confidence | None = None
    is_edge_case: bool = False
    edge_case_kind: str = ""
    decided_by: str = ""
    guideline_section: Name = ""
    reason: Long = ""

    def __post_init__(self) -> None:
        check_decision(self.crisis_type, self.severity, self.edge_case_kind)


class SuggestedLabel(Struct, frozen=True, kw_only=True):
    """What a model or another file proposes."""

    source: Name
    crisis_type: str
    severity: Severity | None = None
    confidence: Confidence | None = None

    def __post_init__(self) -> None:
        if self.crisis_type not in CRISIS_TYPES:
            raise ValueError("the crisis type is unknown")


class Message(Struct, frozen=True):
    """One turn."""

    role: str
    content: str


class LabelledSample(Struct, frozen=True, kw_only=True):
    """A conversation with everything that was decided about it. `messages` is empty in an export without text."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    content_hash: str = ""
    source: SourceName = ""
    messages: tuple[Message, ...] = ()
    labels: tuple[RawLabel, ...] = ()
    final: FinalLabel | None = None
    suggestions: tuple[SuggestedLabel, ...] = ()
    metadata: dict[str, Any] = {}


class Refusal(Struct, frozen=True):
    """A row that could not be taken: its number in the file (from 1; 0 where the reason names it), why, and the row."""

    row: int
    reason: str
    raw: str


def check_decision(crisis_type: str, severity: int | None, edge_case_kind: str) -> None:
    """Raise ValueError unless type and severity fit together and the kind is known.

    A file from elsewhere may know no severity; `none` never has one.
    """
    if crisis_type not in CRISIS_TYPES:
        raise ValueError("the crisis type is unknown")
    if crisis_type == NONE_TYPE and severity is not None:
        raise ValueError("none has no severity")
    if edge_case_kind and edge_case_kind not in EDGE_CASE_KINDS:
        raise ValueError("the kind of edge case is unknown")


def convert(data: Any, kind: type[Any]) -> Any:
    """`data` as `kind`. Raises ValueError naming the field, never repeating the value."""
    try:
        return msgspec.convert(data, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(_without_value(str(error))) from error


def plain(value: Any) -> Any:
    """As dicts and lists for JSON."""
    return msgspec.to_builtins(value)


def _without_value(sentence: str) -> str:
    """msgspec repeats an invalid enum or literal's value in quotes; files may hold anything there."""
    head, _, tail = sentence.partition("Invalid enum value")
    return f"{head}Invalid value{' - ' + tail.split(' - ')[-1] if ' - ' in tail else ''}" if tail else sentence
