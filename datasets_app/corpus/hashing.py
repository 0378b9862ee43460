"""Identity of conversations: the content hash and the record hash of shared/spec/domain.md."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence


def normalise_for_hash(text: str) -> str:
    """Return text in NFC with runs of white space collapsed, so that a copy's layout does not make a new record."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def content_hash(messages: Sequence[Mapping[str, str]]) -> str:
    """Return "sha256:" + sha256(lowercase(concat(role + content))) over the normalised messages.

    Raises UnicodeEncodeError when a text holds a lone surrogate; such input is refused on the way in.
    """
    joined = "".join(message["role"] + normalise_for_hash(message["content"]) for message in messages)
    return "sha256:" + hashlib.sha256(joined.lower().encode("utf-8")).hexdigest()


def record_hash(conversation_id: str, stage: str | int, source: str, crisis_intensity: str | int | None) -> str:
    """Return sha1(conversation_id + stage + source + crisis_intensity) as hex; an unknown intensity counts as ""."""
    intensity = "" if crisis_intensity is None else str(crisis_intensity)
    joined = f"{conversation_id}{stage}{source}{intensity}"
    return hashlib.sha1(joined.encode("utf-8"), usedforsecurity=False).hexdigest()
