"""Text hygiene: decoding, NFC, control characters, mojibake (D3).

Crisis wording is never touched: only the encoding is repaired. What cannot be decoded is refused with a reason,
never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import ftfy
import ftfy.bad_codecs  # registers the codec that also maps the five bytes which cp1252 leaves out

UTF8_BOM: Final = b"\xef\xbb\xbf"

# C0 without tab and newline, DEL, and the C1 block; NUL is refused earlier, so it never reaches this table.
_CONTROL: Final = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_NON_ASCII_RUN: Final = re.compile("[^\x00-\x7f]{2,}")
# What UTF-8 read as cp1252 looks like: the character of a lead byte, then those of its continuation bytes. Letters
# that seldom stand before a sign are suspect at once; others only with signs that do not follow letters in print
# (guillemets, curly quotes, dashes, dots and no-break spaces do: "É”", "café »"), or twice in a row.
_SIGN: Final = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_ODD_SIGN: Final = "\x80-\x9f¡-ª¬-º¼-¿€‚ƒ„†‡ˆ‰Š‹ŒŽ˜™š›œžŸ"
_SUSPECT: Final = re.compile(
    f"[ÂÃâðï][{_SIGN}]|[ÄÅ][{_ODD_SIGN}]|[à-ï][{_ODD_SIGN}][{_SIGN}]|(?:[Â-ß][{_SIGN}]){{2}}",
)
_MISREAD_AS: Final = ("sloppy-windows-1252", "latin-1")
_MOST_TIMES: Final = 3


def repair_mojibake(text: str) -> str:
    """Undo UTF-8 that was read as cp1252 or Latin-1, up to three times over; other text comes back unchanged.

    The round trip repairs nearly everything at a hundredth of ftfy's cost; ftfy is the fallback for the rest.
    """
    if text.isascii():
        return text
    for _ in range(_MOST_TIMES):
        if not _SUSPECT.search(text):
            return text
        repaired = _NON_ASCII_RUN.sub(_round_trip, text)
        if repaired == text:
            return ftfy.fix_encoding(text)
        text = repaired
    return text


def _round_trip(match: re.Match[str]) -> str:
    run = match.group()
    for encoding in _MISREAD_AS:
        try:
            return run.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
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
