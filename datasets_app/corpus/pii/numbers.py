"""Telephone, social-security and card numbers, and dates of birth: what digits say, checked by their own rules.

Crisis lines, dosages, times, scores, amounts and dates without a cue are no identifiers.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from .finding import Span

_CARD: Final = re.compile(r"\d(?:[ -]?\d){12,18}(?!\d|[ -]\d)")
_SSN: Final = re.compile(r"(\d{3})([- ])(\d{2})\2(\d{4})(?![\d]|-\d)")
_BARE_NINE: Final = re.compile(r"(\d{3})[ .-]?(\d{2})[ .-]?(\d{4})(?!\d)")
_SSN_CUE: Final = re.compile(r"\b(?:ssn|social\s+security|soc\s?sec|social)\b", re.I)
_PHONE: Final = re.compile(
    r"""(?:
      \+\d{1,3}[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}       # +44 20 7946 0958
    | (?:1[ .-]?)?\(\d{3}\)\s?\d{3}[ .-]?\d{4}                                   # (555) 123-4567
    | (?:1[ .-])?\d{3}([ .-])\d{3}\1\d{4}                                        # 555-123-4567
    | (?:1[ .-])?\d{3}[ .-]\d{3}[ .-]?\d{4}                                      # 555 123-4567
    | \(0\d{2,4}\)\s?\d{3,4}[ -]?\d{3,4}                                         # (0161) 496 0555
    | 0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4}                                            # 020 7946 0958
    | 07\d{9}|1?[2-9]\d{2}[2-9]\d{6}                                             # 07700900123, 5552234567
    | [2-9]\d{2}-\d{4}                                                           # 555-0123, with a cue
    )(?:\s?(?:x|ext\.?|extension)\s?\d{1,5})?(?![\d]|[.,-]\d)""",
    re.VERBOSE | re.I,
)
_GOES_ON: Final = re.compile(r"\d(?:[-./]|\)\s?)$")  # the rest of a longer number is no number of its own
_PHONE_CUE: Final = re.compile(
    r"\b(?:call|phone|cell|mobile|number|reach|text|tel|telephone|whatsapp|dial|ring|contact|fax|landline|ph|sms)\w*\b",
    re.I,
)
_OWN_NUMBER: Final = re.compile(
    r"\b(?:my|his|her|our|their)\s(?:\w+\s)?(?:number|phone|cell|mobile|line|office)\b", re.I
)
_CRISIS_LINE_CUE: Final = re.compile(
    r"hot\s?-?line|help\s?-?line|life\s?-?line|crisis|suicide\s+(?:prevention|line)|samaritans|"
    r"emergency\s+(?:line|number)|"
    r"poison\s+control|warm\s?line|trevor\s+project|samhsa|rainn|childline|beyond\s?blue|text\s?line",
    re.I,
)
# Public crisis and help lines (digits without the country code), which must stay readable.
_CRISIS_LINES: Final = frozenset(
    {
        "8002738255", "8006624357", "8664887386", "8775658860", "8007997233", "8006564673", "8005222253", "8004444",
        "8009506264", "8772266727", "8554448888", "8662775383", "8006771116", "8554841517", "8336274357", "8884514651",
        "8002221222", "8004224453", "8773328255", "8007843433", "8004226237", "8008526366", "8886287454",
        "116123", "08457909090", "08001111", "08000684141", "08088010677", "131114", "1300224636", "1800551800",
        "1300659467", "1300789978", "0800543354", "0800726666", "08001110111", "08001110222", "18334564566",
        "8334564566", "8006686868", "6686868", "116111", "116117",
    }
)  # fmt: skip
_TOLL_FREE: Final = frozenset({"800", "833", "844", "855", "866", "877", "888"})
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_DATE: Final = re.compile(
    rf"""\b(?:
      \d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}
    | \d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})
    | {_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:\s*,?\s*(?:of\s+)?'?(?:\d{{4}}|\d{{2}}\b))?
    | \d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\.?(?:\s*,?\s*'?(?:\d{{4}}|\d{{2}}\b))?
    | \d{{1,2}}/\d{{1,2}}
    )(?!\d|/\d|\s(?:years?|months?|weeks?|days?)\b)""",
    re.VERBOSE | re.I,
)
BIRTH_CUE: Final = re.compile(
    r"\b(?<!first )(?<!first-)(?:born(?:\s+on|\s+in)?|birth\s?-?\s?day|birth\s?-?\s?date|bday|b-day|"
    r"date\s+of\s+birth|dob|d\.o\.b\.?)\b",
    re.I,
)
_NOT_BIRTH: Final = re.compile(
    r"\b(?:sober|clean|since|overdos|died|death|funeral|attempt|party|again|re-?born|stillborn|celebrat|"
    r"anniversary|after|before|happy)",
    re.I,
)
_NEAR: Final = 32


def card_at(text: str, start: int) -> Span | None:
    """A payment card number that begins at `start`: 13 to 19 digits, a known issuer's range, Luhn's sum."""
    found = _CARD.match(text, start)
    if not found:
        return None
    digits = re.sub(r"\D", "", found.group())
    if not (13 <= len(digits) <= 19) or len(set(digits)) == 1 or not _issuer(digits) or not luhn(digits):
        return None
    return Span(start, found.end(), "credit_card", 0.98)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit that Luhn's rule asks for."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = ord(character) - 48
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def _issuer(digits: str) -> bool:
    size, two, four = len(digits), int(digits[:2]), int(digits[:4])
    if digits[0] == "4":
        return size in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return size == 16
    if two in (34, 37):
        return size == 15
    if two in (36, 38, 39, 30):
        return size in (14, 16)
    if two in (35, 60, 62, 64, 65) or 50 <= two <= 69:
        return size >= 15
    return False


def ssn_at(text: str, start: int) -> Span | None:
    """A social-security number that begins at `start`: 3-2-4 digits in the ranges that were ever given out.

    Nine digits in another grouping count only with a cue.
    """
    found = _SSN.match(text, start)
    confidence = 0.95
    parts: tuple[str, str, str]
    if found:
        parts = (found[1], found[3], found[4])
    else:
        found = _BARE_NINE.match(text, start)
        if not found or not _SSN_CUE.search(text, max(0, start - 40), start):
            return None
        parts = (found[1], found[2], found[3])
        confidence = 0.85
    area, group, serial = parts
    if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
        return None
    return Span(start, found.end(), "ssn", confidence)


def phone_at(text: str, start: int) -> Span | None:
    """A private telephone number that begins at `start`; crisis lines and short codes are none."""
    found = _PHONE.match(text, start)
    if not found or _GOES_ON.search(text, max(0, start - 3), start):
        return None
    written, end = found.group(), found.end()
    digits = re.sub(r"\D", "", re.split(r"x|ext", written, flags=re.I)[0])
    if len(set(digits)) == 1 or _is_crisis_line(digits):
        return None
    before = text[max(0, start - 60) : start]
    if _CRISIS_LINE_CUE.search(before) or _CRISIS_LINE_CUE.search(text, end, min(len(text), end + 40)):
        return None
    cue = _PHONE_CUE.search(before[-40:])
    if written.startswith("+"):
        return Span(start, end, "phone", 0.95) if 8 <= len(digits) <= 15 else None
    if len(digits) == 7:
        return Span(start, end, "phone", 0.7) if cue else None
    national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if len(national) == 10 and national[0] in "23456789":
        return _north_american(text, start, end, national, bool(cue))
    if digits[0] == "0" and 9 <= len(digits) <= 12:
        return Span(start, end, "phone", 0.9 if cue else 0.75)
    return None


def _north_american(text: str, start: int, end: int, national: str, cue: bool) -> Span | None:
    written = text[start:end]
    grouped = any(mark in written for mark in "-.() ")
    # Made-up numbers often break the rule for the exchange, so a grouped one counts all the same.
    if not grouped and not cue:
        return None if national[3] in "01" else Span(start, end, "phone", 0.6)
    # Toll-free lines belong to organisations, most of those in conversations give help; a person says whose it is.
    if national[:3] in _TOLL_FREE and not _OWN_NUMBER.search(text, max(0, start - 40), start):
        return None
    return Span(start, end, "phone", 0.97 if cue else 0.9)


def _is_crisis_line(digits: str) -> bool:
    return digits in _CRISIS_LINES or (len(digits) > 10 and digits[-10:] in _CRISIS_LINES)


def birth_date_after(text: str, start: int, end: int) -> Span | None:
    """The date that follows a cue of birth at [start, end) in the same sentence; other dates are none."""
    if _NOT_BIRTH.search(text, max(0, start - 16), start):
        return None
    found = _DATE.search(text, end, min(len(text), end + _NEAR + 24))
    if not found or found.start() > end + _NEAR:
        return None
    between = text[end : found.start()]
    if re.search(r"[!?\n]|\.\s", between) or _NOT_BIRTH.search(between) or not _plausible_birth(found.group()):
        return None
    exact = re.search(r"\d{4}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}", found.group())
    return Span(found.start(), found.end(), "date_of_birth", 0.95 if exact else 0.7)


def birth_date_at(text: str, start: int) -> Span | None:
    """The date of birth after a cue that begins at `start`."""
    cue = BIRTH_CUE.match(text, start)
    return birth_date_after(text, cue.start(), cue.end()) if cue else None


def _plausible_birth(date: str) -> bool:
    if date.replace("-", "/") in ("9/11", "24/7", "50/50"):
        return False
    numbers = [int(number) for number in re.findall(r"\d+", date)]
    years = [number for number in numbers if number > 99]
    if any(not 1900 <= year <= dt.date.today().year for year in years):
        return False
    return all(1 <= number <= 31 for number in numbers if number <= 31) and bool(numbers)
