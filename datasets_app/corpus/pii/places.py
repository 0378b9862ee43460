"""Postal addresses: a house number with a street, a post box, and what follows them up to the country."""

from __future__ import annotations

import re
from typing import Final

from .finding import Span

_SUFFIX: Final = (
    r"(?:Street|St|Avenue|Ave|Av|Road|Rd|Lane|Ln|Drive|Dr|Court|Ct|Boulevard|Blvd|Way|Place|Pl|Terrace|Ter|Circle|Cir|"
    r"Square|Sq|Parkway|Pkwy|Highway|Hwy|Close|Crescent|Cres|Gardens|Grove|Mews|Row|Trail|Trl|Loop|Alley|Walk|Hill)"
)
_LOWER_SUFFIX: Final = (
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|way|place|terrace|circle|square|close|"
    r"crescent)"
)
_NUMBER: Final = r"\d{1,5}(?:[A-Za-z]|\s?[-/]\s?\d{1,4}[A-Za-z]?)?"
_STREET: Final = re.compile(
    rf"{_NUMBER},?\s(?:[NSEW]\.?\s|(?:North|South|East|West)\s)?"
    rf"(?:(?:[A-Z][\w'’-]{{1,20}}|St\.|\d{{1,3}}(?:st|nd|rd|th)|of|the|de|la)\s){{1,4}}{_SUFFIX}\b\.?"
    r"(?:\s(?:North|South|East|West|[NSEW]{1,2})\b\.?)?"
)
_NUMBERED_STREET: Final = re.compile(rf"{_NUMBER}\s(?:[NSEW]\.?\s)?\d{{1,3}}(?:st|nd|rd|th)\s{_SUFFIX}\b\.?", re.I)
_BROADWAY: Final = re.compile(r"\d{1,5}\sBroadway\b(?=[,.;\n]|$)")
_LOWER_STREET: Final = re.compile(rf"{_NUMBER}\s(?:[a-z'’-]{{2,20}}\s){{1,3}}{_LOWER_SUFFIX}\b\.?", re.I)
_HOME_CUE: Final = re.compile(
    r"\b(?:liv(?:e|es|ed|ing)|addres+(?:s|es)?|resid\w*|stay(?:ing|s)?|moved?|house|apartment|flat|home|come|meet|"
    r"located|mail|send|deliver\w*|at)\b"
    r"[\s:,'\w]{0,24}$",
    re.I,
)
_NO_STREET: Final = frozenset(
    """
    minutes minute hours hour days day weeks week months month years year times time miles mile steps step blocks
    block people of the a an mg ml percent more in way ways lane lanes down off away from kids guys feet car cars
    and or to on per cents dollars stop stops
    """.split()  # noqa: SIM905
)
_PO_BOX: Final = re.compile(r"P\.?\s?O\.?\s?Box\s\d{1,6}", re.I)
_GERMAN: Final = re.compile(
    r"[A-ZÄÖÜ][a-zäöüß-]{2,24}(?:straße|strasse|str\.|weg|platz|allee|"
    r"gasse)\s\d{1,4}[a-z]?\b(?:,?\s\d{5}\s[A-ZÄÖÜ][a-zäöüß]+)?"
)
_UNIT: Final = re.compile(
    r",?\s+(?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|Fl|Room|Rm|#)\.?\s?#?\s?[A-Za-z]?\d{0,5}[A-Za-z]?\b|"
    r",?\s#\s?\d{1,5}[A-Za-z]?\b",
    re.I,
)
_UK_CODE: Final = r"[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b"
_STATES: Final = (
    "A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]"
)
_TOWN: Final = re.compile(
    rf",?\s+(?:(?:[A-Z][A-Za-z.'’-]{{1,20}}\s?){{1,3}},?\s+)?(?:(?:{_STATES})\b\.?(?:,?\s+\d{{5}}(?:-\d{{4}})?\b)?|{_UK_CODE}|\d{{5}}(?:-\d{{4}})?\b)"
)
_LOWER_TOWN: Final = re.compile(rf",\s+(?:[a-z.'’-]{{2,20}}\s?){{1,3}},?\s+(?:(?:{_STATES})\b\.?\s+)?\d{{5}}\b", re.I)
_TOWN_ONLY: Final = re.compile(r",\s+[A-Z][a-z'’-]{2,20}(?:\s[A-Z][a-z'’-]{2,20})?(?=[.,;!?\n]|$)")


def address_at(text: str, start: int) -> Span | None:
    """A postal address that begins at `start`, as far as it goes."""
    found, confidence = _PO_BOX.match(text, start) or _GERMAN.match(text, start), 0.9
    if not found:
        found = _STREET.match(text, start) or _NUMBERED_STREET.match(text, start)
        if found and any(word.lower() in _NO_STREET for word in found.group().split()[1:2]):
            found = None
    if not found:
        found, confidence = _BROADWAY.match(text, start), 0.7
    if not found:
        found, confidence = _lower_street(text, start), 0.7
    if not found or (start and text[start - 1] in "$€£.,:/-"):
        return None
    end, extended = _whole(text, found.end())
    return Span(start, end, "postal_address", 0.97 if extended else confidence)


def _lower_street(text: str, start: int) -> re.Match[str] | None:
    """In lower case only with a word about a home right before it: "5 steps down the road" is no address."""
    found = _LOWER_STREET.match(text, start)
    if not found or any(word in _NO_STREET for word in found.group().lower().split()[1:-1]):
        return None
    before = text[max(0, start - 48) : start]
    return found if _HOME_CUE.search(before) else None


def _whole(text: str, end: int) -> tuple[int, bool]:
    extended = False
    unit = _UNIT.match(text, end)
    if unit and unit.group().strip(" ,#").lower() not in ("apt", "unit", "flat", "floor", "room"):
        end, extended = unit.end(), True
    town = _TOWN.match(text, end) or _LOWER_TOWN.match(text, end)
    if town:
        return town.end(), True
    town = _TOWN_ONLY.match(text, end)
    return (town.end(), True) if town else (end, extended)
