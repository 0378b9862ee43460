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
# What UTF-8 read as cp1252 looks like: the character of a lead byte, then those of its continuation bytes. Some of
# these pairs occur in print ("MANHÃ”", "É…", "café »"): guillemets, curly quotes, dashes, dots and no-break spaces
# follow letters. So letters that are rare at the end of a word are suspect before any sign, others only before signs
# that do not follow letters, or where a letter goes on behind, or twice in a row.
_SIGN: Final = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_ODD_SIGN: Final = "\x80-\x9f¡-ª¬-º¼-¿€‚ƒ„†‡ˆ‰Š‹ŒŽ˜™š›œžŸ"
_SUSPECT: Final = re.compile(
    f"[âðï][{_SIGN}]|[ÂÃÄÅ][{_ODD_SIGN}]|(?<![A-ZÀ-Þ])[ÂÃ][{_SIGN}]|[ÂÃ][{_SIGN}](?=[A-Za-z])"
    f"|[à-ï][{_ODD_SIGN}][{_SIGN}]|(?:[Â-ß][{_SIGN}]){{2}}",
)
_LETTER: Final = re.compile(f"[ð-ô][{_SIGN}]{{3}}|[à-ï][{_SIGN}]{{2}}|[Â-ß][{_SIGN}]")
_PIECE: Final = re.compile(r"\S{1,64}")
_MISREAD_AS: Final = ("sloppy-windows-1252", "latin-1")
_MOST_TIMES: Final = 3
_MOST_PASSES: Final = 4


def repair_mojibake(text: str) -> str:
    """Undo UTF-8 that was read as cp1252 or Latin-1, up to three times over; other text comes back unchanged.

    The round trip repairs nearly everything at a hundredth of ftfy's cost; ftfy is the fallback for the rest, a few
    words at a time, for its cost grows with the square of a text made to keep it busy.
    """
    if text.isascii():
        return text
    for _ in range(_MOST_TIMES):
        if not _SUSPECT.search(text):
            return text
        repaired = _NON_ASCII_RUN.sub(_round_trip, text)
        if repaired == text:
            return _PIECE.sub(_by_ftfy, text)
        text = repaired
    return text


def _round_trip(match: re.Match[str]) -> str:
    """Repair a run of letters beyond ASCII as a whole, or in it whatever is one misread letter."""
    run = match.group()
    return _read_again(run) or _LETTER.sub(lambda letter: _read_again(letter.group()) or letter.group(), run)


def _read_again(misread: str) -> str:
    for encoding in _MISREAD_AS:
        try:
            return misread.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return ""


def _by_ftfy(match: re.Match[str]) -> str:
    piece = match.group()
    return ftfy.fix_encoding(piece) if _SUSPECT.search(piece) else piece


def clean_text(text: str) -> str:
    """Return text in NFC with repaired encoding, Unix line ends, no control characters and no outer white space.

    Clean text comes back unchanged, so that a record keeps its hash however often it is read.
    """
    if text.isascii():
        if text.isprintable():
            return text.strip()
        return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    for _ in range(_MOST_PASSES):
        cleaned = _clean_once(text)
        if cleaned == text:
            break
        # What was taken out may have kept apart what now looks like a misread letter.
        text = cleaned
    return text


def _clean_once(text: str) -> str:
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", _CONTROL.sub("", repair_mojibake(plain))).strip()
