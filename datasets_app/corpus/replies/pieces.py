"""Long messages in short pieces: what a rule costs grows with the square of what it looks around in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

#: Characters of the newest messages that the rules read; the model reads far less.
MAX_READ_CHARS: Final = 12_000
#: Longer messages are looked through in pieces of at most this many characters.
MAX_PIECE_CHARS: Final = 1_000
_SENTENCE_END: Final = re.compile(r"[.!?\n]\s*")
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True)
class Piece:
    """Part of a message: content[offset : offset + len(content)] of message number `message`."""

    role: str
    content: str
    message: int
    offset: int


def split(messages: Sequence[Mapping[str, str]]) -> list[Piece]:
    """Cut long messages at sentences, newest text first up to MAX_READ_CHARS, so that no text makes the rules slow.

    The detector looks at a match's surroundings within its message: its cost grows with a message's
    length squared.
    """
    pieces: list[Piece] = []
    left = MAX_READ_CHARS
    for number in range(len(messages) - 1, -1, -1):
        content = messages[number]["content"]
        begin = max(0, len(content) - left)
        left -= len(content) - begin
        cut = [
            Piece(messages[number]["role"], content[start:end], number, start) for start, end in _bounds(content, begin)
        ]
        pieces = cut + pieces
        if left <= 0:
            break
    return pieces


def _bounds(content: str, begin: int) -> list[tuple[int, int]]:
    bounds = []
    while len(content) - begin > MAX_PIECE_CHARS:
        window = content[begin + MAX_PIECE_CHARS // 2 : begin + MAX_PIECE_CHARS]
        breaks = [match.end() for match in _SENTENCE_END.finditer(window)] or [
            match.end() for match in _SPACE.finditer(window)
        ]
        end = begin + MAX_PIECE_CHARS // 2 + (breaks[-1] if breaks else len(window))
        bounds.append((begin, end))
        begin = end
    return [*bounds, (begin, len(content))]
