"""One pass of a combined google-re2 pattern finds where something may be; the checks then decide what is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import re2

from .finding import REPLACED, Span, Taken
from .given_names import PLAIN
from .names import PARTICLES_FIRST, RELATIONS, TITLE_WORDS, name_at
from .numbers import birth_date_at, card_at, phone_at, ssn_at
from .online import TLDS, email_at, ip_at, url_at
from .places import address_at

# Latin-1 over UTF-8 bytes keeps the automaton small: a byte from C3 up may begin an upper-case letter, any byte from 80
# up may belong to one. The checks look at real characters.
_UPPER: Final = r"[A-Z\xc3-\xdf][a-zA-Z\x80-\xff'-]"
_LETTER: Final = r"[A-Za-z\x80-\xff]"
_QUOTE: Final = r"(?:'|\xe2\x80\x99)"
_DASH: Final = r"(?:[-~]{1,3}|\xe2\x80[\x93\x94])"
_I_AM: Final = rf"(?i:i{_QUOTE}?m|i\s+am)"
# Every alternative begins where its check begins and has no group, so RE2 stays in its automaton.
_ALTERNATIVES: Final = (
    # e-mail, plain and spelt out; web addresses
    r"[A-Za-z0-9][A-Za-z0-9._%+'-]*@[A-Za-z0-9-]",
    r"\b[A-Za-z0-9][A-Za-z0-9._%+-]*\s?[\[({]\s?(?i:at|@)\s?[\])}]",
    r"\b[A-Za-z0-9][A-Za-z0-9._%+-]*\s(?i:at)\s[A-Za-z0-9-]+(?:\s(?i:dot)\s|\.(?:com|org|net|edu|de|uk)\b)",
    r"\b(?i:https?|ftp)://",
    r"\b(?i:www)\.",
    rf"\b(?:[A-Za-z0-9-]+\.)+(?i:{TLDS})\b",
    # card, SSN, telephone: five digits or more in up to three groups; IP addresses
    r"[+(]?\b\d{1,4}[-. )]{0,2}[(]?\d{1,4}[-. )]{0,2}\d{3}",
    r"\+\d[\d() .-]{6}",
    r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d",
    r"\b[0-9A-Fa-f]+::?[0-9A-Fa-f]+:[0-9A-Fa-f:]",
    r"\b[0-9A-Fa-f]+::[0-9A-Fa-f]",
    # postal addresses
    r"\b\d+[A-Za-z]?(?:\s?[-/]\s?\d+)?,?\s(?:[\w.'\x80-\xff-]+\s){1,5}"
    r"(?i:street|st|avenue|ave?|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|way|place|pl|terrace|ter|circle|"
    r"cir|square|"
    r"sq|parkway|pkwy|highway|hwy|close|crescent|cres|gardens|grove|mews|row|trail|trl|loop|alley|walk|hill)\b",
    r"\b\d+\sBroadway\b",
    r"\b(?i:p\.?\s?o\.?\s?box)\s\d",
    r"\b[A-Z\xc3][a-z\x80-\xff-]*(?:stra\xc3\x9fe|strasse|str\.|weg|platz|allee|gasse)\s\d",
    # dates of birth
    r"\b(?i:born|birth\s?-?\s?day|birth\s?-?\s?date|bday|b-day|date\s+of\s+birth|dob|d\.o\.b)\b",
    # names
    rf"\b(?i:(?:my|his|her|their|our|the)\s+(?:\w+\s)?name(?:{_QUOTE}s|\s+is|\s+was))\s+{_LETTER}",
    rf"\b(?i:name(?:{_QUOTE}s|\s+is|\s+was))\s+{_UPPER}",
    rf"\b(?i:calls?\s+(?:me|him|her)|called|known\s+as|go(?:es)?\s+by|nicknamed)\s+{_UPPER}",
    rf"\b(?:(?i:named)|{_I_AM}\s+(?i:called))\s+{_LETTER}",
    rf"\b(?:{_I_AM}|(?i:this\s+is|it{_QUOTE}s))\s+{_UPPER}",
    rf"\b{TITLE_WORDS}\b\.?\s{{1,2}}(?:{PARTICLES_FIRST})?{_UPPER}",
    rf"\b(?i:{RELATIONS})(?i:s)?[ \t]?,?[ \t]+(?i:(?:\(|(?:is|was)\s+(?:named|called)|named|called|"
    rf"{_QUOTE}s\s+name\s+is)\s*)?{_UPPER}",
    rf"\b(?i:{RELATIONS})[ \t](?:{'|'.join(sorted(name.lower() for name in PLAIN))})\b",
    r"\b(?i:hi|hello|hey|dear|thanks|thank\s+you|good\s+(?:morning|evening|afternoon|night)|welcome(?:\s+back)?|sorry|"
    rf"goodbye|bye|hiya|greetings|love\s+you|miss\s+you)\s?,?\s+(?i:again\s?,?\s+)?{_UPPER}",
    rf"\n[ \t]*{_DASH}[ \t]*{_UPPER}",
    r"\b(?i:regards|sincerely|love|cheers|best|wishes|yours|truly|faithfully|thanks|thank\s+you|hugs|xoxo|warmly|"
    rf"respectfully|take\s+care|blessings|peace)\s?[,.!]?\s*\n\s*{_DASH}?\s*{_UPPER}",
    rf"\b(?i:name)\s?:\s*{_LETTER}",
    rf"\b(?:{'|'.join(sorted(PLAIN))})\b",
)
_CHECKS: Final = (email_at, url_at, card_at, ssn_at, ip_at, phone_at, address_at, birth_date_at, name_at)


def _compiled() -> re2._Regexp:
    options = re2.Options()
    options.max_mem = 16 << 20
    options.never_capture = True
    options.encoding = re2.Options.Encoding.LATIN1
    pattern = "|".join(f"(?:{alternative})" for alternative in _ALTERNATIVES).replace("é", r"\xc3\xa9")
    return re2.compile(pattern.encode("ascii"), options)


CANDIDATE: Final = _compiled()
_ENDS_IN_WORD: Final = re.compile(r"\w+|.", re.DOTALL)


def spans_in(text: str) -> Iterator[Span]:
    """Yield what may identify somebody in a text, in order and without overlaps; existing placeholders are skipped."""
    data = text.encode("utf-8", "replace")
    found = next(CANDIDATE.finditer(data), None)
    if found is None:
        return
    ascii_only = len(data) == len(text)
    replaced = Taken(match.span() for match in REPLACED.finditer(text))
    place = 0
    while found is not None:
        byte = found.start()
        start = byte if ascii_only else len(data[:byte].decode("utf-8", "ignore"))
        span = _at(text, max(start, place))
        if span is not None and not replaced.overlaps(span.start, span.end):
            yield span
            place = span.end
        else:
            place = _ENDS_IN_WORD.match(text, start).end()  # type: ignore[union-attr]
        byte = place if ascii_only else len(text[:place].encode("utf-8", "replace"))
        found = CANDIDATE.search(data, byte)


def _at(text: str, start: int) -> Span | None:
    for check in _CHECKS:
        span = check(text, start)
        if span is not None:
            return span
    return None
