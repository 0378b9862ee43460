"""Identifiers in what is extracted: found and flagged, never replaced here; a person decides (docs/pii.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from datasets_app.corpus import taxonomy
from datasets_app.corpus.pii import scan


def identifiers_of(messages: Sequence[Mapping[str, str]], source: str) -> dict[str, Any]:
    """Return the fields of a record's metadata: its state (record.PiiName) and how many identifiers of which kinds.

    What real people said waits for a review where anything was found; synthetic words are only counted.
    """
    kinds = Counter(finding.kind for finding in scan(messages))
    real = "pending" if kinds else "clean"
    state = "checked" if source == taxonomy.Source.SYNTHETIC else real
    return {"pii": state, "pii_kinds": dict(sorted(kinds.items()))}
