"""The text as the rules read it: plain quotes and spaces, lost line breaks put back, and every place known."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import re2

from .context import mask_idioms

_SPACES: Final = "".join(map(chr, (0x0B, 0xA0, 0x1680, *range(0x2000, 0x200E), 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF)))
_SAME: Final = (
    ("\u2019\u2018\u02bc\u00b4`\u2032\uff07", "'"),
    ("\u201c\u201d\u201e\u00ab\u00bb", '"'),
    ("\u2014\u2013\u2010\u2011", "-"),
    ("\u2026", "."),
    (_SPACES, " "),
)
_PLAIN: Final = str.maketrans({char: plainer for chars, plainer in _SAME for char in chars})
# "I want to dieI am 19": a title and a text run together where a line break was lost; "NyQuil" is one word.
_BEGINNINGS: Final = (
    r"(?:I|I'[a-z]{1,2}|Im|Ive|My|The|This|That|These|There|It|Its|It's|So|And|But|Not|No|Just|Hi|Hey|Hello|Help|Please|Sorry"
    r"|What|Why|How|When|If|Can|Do|Is|Are|We|He|She|They|You|Been|Today|Last|For|As|In|At|A|An|All|Fuck|Life|Nothing)"
)
_LOST_BREAK: Final = re.compile(
    rf"\b[a-z][a-z']{{1,23}}(?=[A-Z][a-z' ])|(?<=[a-z0-9.!?,;)])(?={_BEGINNINGS}(?![a-zA-Z]))|(?<=[a-z][.!?])(?=[a-z])"
)
# google-re2 says in no time that there is none, which is nearly always so.
_MAY_BE_LOST: Final = re2.compile(rf"[a-z][A-Z][a-z' ]|[a-z0-9.!?,;)]{_BEGINNINGS}|[a-z][.!?][a-z]")
_BREAK: Final = ". "


@dataclass(frozen=True)
class Reading:
    """A text to match against. `place` leads from a position in it back to the original."""

    text: str
    breaks: tuple[int, ...] = ()

    @cached_property
    def masked(self) -> str:
        """The text with its idioms blanked out, length unchanged."""
        return mask_idioms(self.text)

    def place(self, position: int) -> int:
        """Return the character of the original text that stands at `position`."""
        return position - len(_BREAK) * bisect_right(self.breaks, position - 1)


def plain(text: str) -> str:
    """Return the text with plain quotes, dashes and spaces, one character for each, so that spans keep their places."""
    if text.isascii() and "\x0b" not in text and "`" not in text:
        return text
    plainer = text.translate(_PLAIN)
    try:
        plainer.encode()
    except UnicodeEncodeError:
        # Lone surrogates: one question mark each, so that google-re2 can read the rest.
        plainer = plainer.encode("utf-8", "replace").decode()
    return plainer


def read(text: str) -> Reading:
    """Return the plain text with a full stop and a space where a line break was lost between two sentences."""
    if not _MAY_BE_LOST.search(text):
        return Reading(text)
    parts: list[str] = []
    breaks: list[int] = []
    last = 0
    for found in _LOST_BREAK.finditer(text):
        parts.append(text[last : found.end()])
        last = found.end()
        breaks.append(last + len(_BREAK) * len(breaks))
    if not breaks:
        return Reading(text)
    return Reading(_BREAK.join([*parts, text[last:]]), tuple(breaks))
