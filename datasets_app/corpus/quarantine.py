"""What is kept of a refused row: where it stands, why it was refused, and its bytes."""

from __future__ import annotations

import base64
from typing import Any, Final

from .reading import RawRow

KEPT_BYTES: Final = 64 * 1024


def quarantined(raw: RawRow, reason: str, detail: str, *, keep: int | None = KEPT_BYTES) -> dict[str, Any]:
    """Return the entry of a quarantine file with the first `keep` bytes (None: all); base64 where they are no UTF-8."""
    kept = raw.raw[:keep]
    entry: dict[str, Any] = {
        "line": raw.line,
        "byte_offset": raw.offset,
        "reason": reason,
        "detail": detail,
        "bytes": len(raw.raw),
        "truncated": len(kept) < len(raw.raw),
    }
    try:
        entry["raw"] = kept.decode("utf-8")
    except UnicodeDecodeError:
        entry["raw_base64"] = base64.b64encode(kept).decode("ascii")
    return entry
