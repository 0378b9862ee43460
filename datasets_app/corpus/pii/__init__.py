"""Personal identifiers in conversations: found, replaced by placeholders that keep the context, never stored.

The nine kinds are taxonomy.PII_KINDS. Crisis wording is never an identifier: hotlines, dosages, times, dates without a
cue of birth and scores stay as they are. What this gets wrong is told in docs/pii.md.
"""

from .conversation import scan, scan_many
from .finding import STEMS, Finding
from .placeholders import redact
from .values import without_identifiers

__all__ = ["STEMS", "Finding", "redact", "scan", "scan_many", "without_identifiers"]
