"""Identifiers in what stands beside a conversation: notes, topics, names in metadata."""

from __future__ import annotations

from typing import Any

from .conversation import scan
from .placeholders import redact


def without_identifiers(value: Any) -> Any:
    """Return the same JSON value with every identifier in its texts replaced by a placeholder; keys stay."""
    if isinstance(value, str):
        said = [{"role": "user", "content": value}]
        found = scan(said)
        return redact(said, found)[0]["content"] if found else value
    if isinstance(value, dict):
        return {key: without_identifiers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_identifiers(inner) for inner in value]
    return value
