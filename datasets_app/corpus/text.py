"""Text hygiene: decoding, NFC, control characters, mojibake (D3).

Crisis wording is never touched: only the encoding is repaired. What cannot be decoded is refused with a reason,
never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import ftfy

UTF8_BOM: Final = b"\xef\xbb\xbf"

# C0 without tab and newline, DEL, and the C1 block; NUL is refused earlier, so it never reaches this table.
_CONTROL: Final = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_NON_ASCII_RUN: Final = re.compile("[^\x00-\x7f]{2,}")
# What UTF-8 read as cp1252 looks like: a lead byte's character followed by a continuation byte's character.
_SUSPECT: Final = re.compile("[ÂÃâðï][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def repair_mojibake(text: str) -> str:
    """Undo UTF-8 that was read as cp1252; text without the pattern comes back unchanged.

    The round trip through cp1252 repairs nearly everything at a hundredth of ftfy's cost; ftfy is the fallback
    for what cp1252 cannot encode.
    """
    if text.isascii() or not _SUSPECT.search(text):
        return text
    repaired = _NON_ASCII_RUN.sub(_round_trip, text)
    if _SUSPECT.search(repaired):
        repaired = ftfy.fix_encoding(repaired)
    return repaired


def _round_trip(match: re.Match[str]) -> str:
    run = match.group()
    try:
        return run.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return run


def clean_text(text: str) -> str:
    """Return text in NFC with repaired encoding, Unix line ends, no control characters and no outer white space."""
    if text.isascii():
        if text.isprintable():
            return text.strip()
        return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    cleaned = repair_mojibake(text)
    cleaned = cleaned.replace("\r\n", "\n").replace("\r", "\n")
    cleaned = _CONTROL.sub("", cleaned)
    return unicodedata.normalize("NFC", cleaned).strip()
