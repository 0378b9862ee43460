"""Tone and wording of every state that a page may show. One table, so that "failed" looks the same everywhere."""

from __future__ import annotations

from typing import Final

_TONES: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("succeeded", "done", "approved", "production", "active", "passed", "pass", "ok", "healthy", "ready"), "ok"
    ),
    **dict.fromkeys(("published", "validated", "verified", "adjudicated", "intact", "present", "complete"), "ok"),
    **dict.fromkeys(
        ("running", "open", "acknowledged", "in_review", "compiling", "building", "leased", "candidate", "in_progress"),
        "info",
    ),
    **dict.fromkeys(
        ("degraded", "waived", "warning", "expiring", "lost", "stale", "partial", "incomplete", "late"), "warn"
    ),
    **dict.fromkeys(("failed", "fail", "rejected", "refused", "broken", "revoked", "error", "blocked"), "bad"),
    **dict.fromkeys(
        ("queued", "draft", "closed", "overridden", "retired", "cancelled", "free", "skipped", "expired", "pruned"),
        "muted",
    ),
    # Alert levels of a figure about people.
    "watch": "info",
    "alert": "warn",
    "critical": "bad",
    **dict.fromkeys(("not_yet", "unknown", "pending", "none", "disabled", "missing", "pruned"), "muted"),
}
_LABELS: Final[dict[str, str]] = {"in_review": "In review", "not_yet": "Not yet", "ok": "OK"}


def state_tone(state: str) -> str:
    """One of ok, info, warn, bad, muted; an unknown state is muted rather than an error."""
    return _TONES.get(state, "muted")


def state_label(state: str) -> str:
    """The state in words."""
    return _LABELS.get(state, state.replace("_", " ").capitalize()) if state else "–"


__all__ = ["state_label", "state_tone"]
