"""A converted record: its messages, its labels, and what ties it to other records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from datasets_app.corpus import taxonomy
from datasets_app.corpus.parse import RowRejected

_AUTHOR_KEYS: Final = ("author", "author_id", "user_id", "client_id", "speaker_id")
_CONVERSATION_KEYS: Final = ("conversation_id", "question_id", "thread_id", "dialogue_id", "session_id")
# Many tellings of one scenario are hardly less alike than near-copies: a model would be tested on what it learned.
_SCENARIO_KEYS: Final = ("scenario_id",)
_PARENT_KEYS: Final = ("parent_id", "augmented_from", "parent")
_ID_KEYS: Final = ("id", "uuid", "sample_id")
_TIES: Final = (
    ("author", _AUTHOR_KEYS),
    ("conversation", _CONVERSATION_KEYS),
    ("scenario", _SCENARIO_KEYS),
    ("record", _PARENT_KEYS),
    ("record", _ID_KEYS),
)
_TYING_FIELDS: Final = frozenset(key for _, keys in _TIES for key in keys) | {"metadata"}
#: In `metadata.augmentation` of a row: what is pending waits for a person, and no door but the review's lets it in.
REVIEW, PENDING = "review", "pending"
_ONLY_ID: Final = frozenset({"id"})
_PLACEHOLDER: Final = re.compile(r"\{\{\s*\w+\s*\}\}")
_CRISIS_TYPES: Final = frozenset(taxonomy.CRISIS_TYPES)
_NOTHING: Final[dict[str, Any]] = {}
MAX_ID_CHARS: Final = 180
_MAX_TIE_CHARS: Final = 255


class Converted(msgspec.Struct, kw_only=True):
    """A record in ChatML with what is known about it; `group_keys` must stay in one split."""

    format: str
    messages: list[dict[str, str]]
    external_id: str = ""
    group_keys: list[str] = []
    proposed_type: str = ""
    proposed_severity: int | None = None
    is_edge_case: bool = False
    edge_case_kind: str = ""
    metadata: dict[str, Any] = {}


def describe(
    row: Mapping[str, Any],
    name: str,
    messages: list[dict[str, str]],
    rest: dict[str, Any],
    family: str,
    *,
    has_braces: bool = True,
) -> Converted:
    """Return the record of a row whose dialogue is known; `rest` holds the row's fields that are no dialogue.

    `has_braces=False` says that no message holds a brace, which spares the search for template placeholders.
    Raises RowRejected for an augmented row that waits for its review.
    """
    if "metadata" in row:
        _refuse_pending(row["metadata"])
    metadata: dict[str, Any] = {"format": name}
    if rest:
        metadata["input"] = rest
    if has_braces and any(_PLACEHOLDER.search(message["content"]) for message in messages):
        metadata["notes"] = ["template_placeholder"]
    converted = Converted(format=name, messages=messages, metadata=metadata)
    ties = _TYING_FIELDS.intersection(row)
    if ties:
        converted.external_id = _identifier(row, _ID_KEYS)
        if ties != _ONLY_ID:
            converted.group_keys = _group_keys(row, family)
        elif converted.external_id:
            converted.group_keys = [f"record:{family}:{converted.external_id}"]
    _read_labels(row, converted)
    return converted


def _refuse_pending(metadata: Any) -> None:
    made = metadata.get("augmentation") if isinstance(metadata, dict) else None
    if isinstance(made, dict) and made.get(REVIEW) == PENDING:
        raise RowRejected("waits_for_review", "an augmented conversation whose label no person has confirmed yet")


def first_of(row: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """Return the value of the first of the keys that the row has, None without any."""
    for key in keys:
        if key in row:
            return row[key]
    return None


def is_part_of_conversation(row: Mapping[str, Any]) -> bool:
    """Tell whether a row names a conversation that it belongs to."""
    return bool(_identifier(row, _CONVERSATION_KEYS))


def _identifier(row: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    value = first_of(row, keys)
    if value is None and isinstance(row.get("metadata"), dict):
        value = first_of(row["metadata"], keys)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()[:MAX_ID_CHARS]


def _group_keys(row: Mapping[str, Any], family: str) -> list[str]:
    """Return what ties this record to others: its author, its conversation, its scenario, its parent and itself.

    A converted record names its ties in its metadata, scoped already by the family that it had.
    """
    found = [f"{kind}:{family}:{value}" for kind, keys in _TIES if (value := _identifier(row, keys))]
    nested = row.get("metadata")
    known = nested.get("group_keys") if isinstance(nested, dict) else None
    if isinstance(known, list):
        found += [key for key in known if isinstance(key, str) and 0 < len(key) <= _MAX_TIE_CHARS]
    return list(dict.fromkeys(found))


def _read_labels(row: Mapping[str, Any], converted: Converted) -> None:
    """Read labels in our own vocabulary; foreign labels stay in metadata and propose nothing."""
    crisis_type = row.get("crisis_type")
    if isinstance(crisis_type, str) and crisis_type in _CRISIS_TYPES:
        converted.proposed_type = crisis_type
        severity = row.get("severity")
        whole = isinstance(severity, int) and not isinstance(severity, bool)
        if whole and crisis_type != taxonomy.NONE_TYPE and severity in taxonomy.SEVERITIES:
            converted.proposed_severity = severity
    nested = row.get("metadata")
    if not isinstance(nested, dict):
        nested = _NOTHING
    elif nested.get("is_edge_case") is True or nested.get("is_training_edge_case") is True:
        converted.is_edge_case = True
    if row.get("is_edge_case") is True:
        converted.is_edge_case = True
    if converted.is_edge_case:
        kind = row.get("edge_case_kind", nested.get("edge_case_kind"))
        if isinstance(kind, str) and kind in taxonomy.EDGE_CASE_KINDS:
            converted.edge_case_kind = kind
