"""One google-re2 pass over a text tells which patterns can match at all; most harmless texts need no other.

Every pattern is widened for it: look-arounds are taken out, which can only let more through. So a pattern that
is not named here cannot match, and the slow rules are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import re2

_LOOK_AROUND: Final = re.compile(r"\(\?(?:<?[=!])")


class Prefilter:
    """Finds which of many patterns may match a text. Linear in the text's length, whatever the text."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Compile `patterns`: Python syntax, meant for re.ASCII and re.IGNORECASE."""
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        wide = [widened(pattern) for pattern in patterns]
        self._words = re2.Filter()
        for pattern in wide:
            self._words.Add(pattern, options)
        self._words.Compile()
        # One by one: all in one pattern, or in groups, are slower until their automata are warm, and need their memory.
        self._single = [re2.compile(pattern.encode(), options) for pattern in wide]

    def possible(self, text: str) -> bool:
        """Whether the words of any pattern stand in the text, in whatever order."""
        return bool(self._words.Match(text, True))

    def matching(self, text: str) -> list[int]:
        """Return the numbers, ascending, of the widened patterns that match: a superset of the patterns that do."""
        possible = self._words.Match(text, True)
        if not possible:
            return []
        encoded = text.encode()
        return [number for number in possible if self._single[number].search(encoded)]


def widened(pattern: str) -> str:
    """Return the pattern without its look-arounds, as google-re2 takes it."""
    parts = []
    position = 0
    while found := _LOOK_AROUND.search(pattern, position):
        parts.append(pattern[position : found.start()])
        position = _group_end(pattern, found.start())
    return "".join([*parts, pattern[position:]])


def _group_end(pattern: str, start: int) -> int:
    """Return the index behind the group that opens at `start`. Raises ValueError where it never closes."""
    depth = 0
    for index, char in _bare(pattern, start):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 0:
            return index + 1
    raise ValueError("a group of the pattern is not closed")


def _bare(pattern: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield the characters that are neither escaped nor in a character class."""
    escaped = in_class = False
    for index in range(start, len(pattern)):
        char = pattern[index]
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        else:
            yield index, char
