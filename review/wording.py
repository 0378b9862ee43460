"""Free text that people write into records which are hashed and signed: checked once, here."""

from __future__ import annotations

from review.refusal import Refused

MAX_REASON = 4000
MAX_COMMENT = 2000
MAX_NOTE = 500


def checked_text(value: object, *, name: str, longest: int, required: bool = False) -> str:
    """The text, stripped. Raises Refused when it is missing, over `longest` characters or has no UTF-8 form."""
    if not isinstance(value, str):
        raise Refused(f"{name}: text is expected.")
    text = value.strip()
    if required and not text:
        raise Refused(f"{name}: please write a few words.")
    if len(text) > longest:
        raise Refused(f"{name}: {len(text):,} characters are too long; {longest:,} are the limit.")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused(f"{name}: it contains a character that cannot be stored.")
    return text
