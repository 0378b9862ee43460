"""A label as it comes in: its fields, what makes it valid, and its hashes. Django-free."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from annotation.errors import Invalid
from datasets_app.corpus.taxonomy import CRISIS_TYPES, EDGE_CASE_KINDS, NONE_TYPE, SEVERITIES
from pixelhub.canonical import canonical_json, sha256_hex

NOTE_LIMIT = 2000
SPANS_LIMIT = 50
LONGEST_SITTING = 24 * 3600  # seconds; a tab left open over night says nothing about the label


@dataclass(frozen=True)
class LabelInput:
    """What one person decided. Spans are {"message", "start", "end"} in code points, end exclusive."""

    crisis_type: str
    severity: int | None
    confidence: float
    secondary_types: tuple[str, ...] = ()
    is_edge_case: bool = False
    edge_case_kind: str = ""
    spans: tuple[dict[str, int], ...] = ()
    about_someone_else: bool = False
    uncertain: bool = False
    note: str = ""
    seconds_spent: int = 0

    def fields(self) -> dict[str, Any]:
        """Model field values."""
        values = asdict(self)
        values["secondary_types"] = list(self.secondary_types)
        values["spans"] = [dict(span) for span in self.spans]
        values["seconds_spent"] = min(self.seconds_spent, LONGEST_SITTING)
        return values


def clean_text(value: str, *, name: str, limit: int) -> str:
    """The text without surrounding space. Raises `Invalid` for NUL, lone surrogates and over-long text."""
    if "\x00" in value:
        raise Invalid("bad_text", f"{name} contains a NUL character.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Invalid("bad_text", f"{name} contains half of a character (a lone surrogate).")
    if len(value) > limit:
        raise Invalid("too_long", f"{name} is longer than {limit} characters.")
    return value.strip()


def check_decision(crisis_type: str, severity: int | None, is_edge_case: bool, edge_case_kind: str) -> None:
    """Raise `Invalid` unless type, severity and edge case fit together; shared by labels and adjudications."""
    if crisis_type not in CRISIS_TYPES:
        raise Invalid("crisis_type", "Choose one of the seven crisis types.")
    if crisis_type == NONE_TYPE and severity is not None:
        raise Invalid("severity", "“No crisis” has no severity.")
    if crisis_type != NONE_TYPE and severity not in SEVERITIES:
        raise Invalid("severity", "Choose a severity from 1 to 5.")
    if is_edge_case and edge_case_kind not in EDGE_CASE_KINDS:
        raise Invalid("edge_case_kind", "Say what makes this an edge case.")
    if not is_edge_case and edge_case_kind:
        raise Invalid("edge_case_kind", "An edge-case kind needs the edge-case mark.")


def check_label(label: LabelInput, messages: list[dict[str, str]]) -> None:
    """Raise `Invalid`, naming the field, unless the label is complete and fits the conversation."""
    check_decision(label.crisis_type, label.severity, label.is_edge_case, label.edge_case_kind)
    if not 0.0 <= label.confidence <= 1.0:  # NaN fails too
        raise Invalid("confidence", "Confidence lies between 0 and 1.")
    if set(label.secondary_types) - set(CRISIS_TYPES):
        raise Invalid("secondary_types", "A secondary type is unknown.")
    if NONE_TYPE in label.secondary_types or label.crisis_type in label.secondary_types:
        raise Invalid("secondary_types", "A secondary type is another crisis type than the primary one.")
    if len(set(label.secondary_types)) != len(label.secondary_types):
        raise Invalid("secondary_types", "A secondary type is named twice.")
    if label.seconds_spent < 0:
        raise Invalid("seconds_spent", "Time spent can't be negative.")
    clean_text(label.note, name="The note", limit=NOTE_LIMIT)
    if len(label.spans) > SPANS_LIMIT:
        raise Invalid("spans", f"More than {SPANS_LIMIT} highlights.")
    for number, span in enumerate(label.spans, start=1):
        _check_span(number, span, messages)


def payload_sha256(slot_id: int, base_revision: int | None, label: LabelInput) -> str:
    """Hash of what the client sent: the same UUID with another hash is a conflict, not a replay."""
    return sha256_hex(canonical_json({"slot": slot_id, "base": base_revision, "label": label.fields()}))


def label_sha256(*, label: dict[str, Any], context: dict[str, Any], prev_sha256: str) -> str:
    """Hash of a stored label with its context (sample, annotator, guideline, revision) and its predecessor's hash."""
    return sha256_hex(canonical_json({"label": label, "context": context, "prev": prev_sha256}))


def _check_span(number: int, span: dict[str, int], messages: list[dict[str, str]]) -> None:
    if set(span) != {"message", "start", "end"} or any(type(value) is not int for value in span.values()):
        raise Invalid("spans", f"Highlight {number} needs a message, a start and an end.")
    if not 0 <= span["message"] < len(messages):
        raise Invalid("spans", f"Highlight {number} names a message that isn't there.")
    if not 0 <= span["start"] < span["end"] <= len(messages[span["message"]]["content"]):
        raise Invalid("spans", f"Highlight {number} lies outside its message.")
