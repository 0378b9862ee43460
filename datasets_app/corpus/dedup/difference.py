"""Which words of two conversations differ, for people who look at them side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

_WORD: Final = re.compile(r"\S+\s*|\s+")
# SequenceMatcher takes quadratic time on the part between the first and the last difference.
_MAX_COMPARED: Final = 2_000


@dataclass(frozen=True)
class Segment:
    """A stretch of a turn; `differs` when the other conversation does not have these words here."""

    text: str
    differs: bool


@dataclass(frozen=True)
class Turn:
    """A turn in stretches."""

    role: str
    segments: tuple[Segment, ...]


def side_by_side(
    first: Sequence[Mapping[str, str]], second: Sequence[Mapping[str, str]]
) -> tuple[list[Turn], list[Turn]]:
    """Return both conversations with the words marked that the other one does not have there.

    White space does not count. In very long texts the whole part between the first and the last difference is marked.
    """
    words, others = _words(first), _words(second)
    ours, theirs = _differing([key for _, _, key in words], [key for _, _, key in others])
    return _turns(first, words, ours), _turns(second, others, theirs)


def _words(messages: Sequence[Mapping[str, str]]) -> list[tuple[int, str, str]]:
    """Every word with its turn, as it stands and as it is compared: with its speaker, so roles count."""
    return [
        (turn, word, f"{message['role']}\x1f{word.strip()}")
        for turn, message in enumerate(messages)
        for word in _WORD.findall(message["content"])
    ]


def _differing(first: Sequence[str], second: Sequence[str]) -> tuple[list[bool], list[bool]]:
    start, longest = 0, min(len(first), len(second))
    while start < longest and first[start] == second[start]:
        start += 1
    end = 0
    while end < longest - start and first[-1 - end] == second[-1 - end]:
        end += 1
    middle, other = first[start : len(first) - end], second[start : len(second) - end]
    ours, theirs = [True] * len(middle), [True] * len(other)
    if max(len(middle), len(other)) <= _MAX_COMPARED:
        for here, there, size in SequenceMatcher(None, middle, other, autojunk=False).get_matching_blocks():
            ours[here : here + size] = theirs[there : there + size] = [False] * size
    return [False] * start + ours + [False] * end, [False] * start + theirs + [False] * end


def _turns(
    messages: Sequence[Mapping[str, str]], words: Sequence[tuple[int, str, str]], differs: Sequence[bool]
) -> list[Turn]:
    stretches: list[list[Segment]] = [[] for _ in messages]
    for turn, text, differing in _stretches(words, differs):
        stretches[turn].append(Segment(text, differing))
    return [Turn(message["role"], tuple(found)) for message, found in zip(messages, stretches, strict=True)]


def _stretches(words: Sequence[tuple[int, str, str]], differs: Sequence[bool]) -> Iterator[tuple[int, str, bool]]:
    start = 0
    for place in range(1, len(words) + 1):
        ends = place == len(words) or words[place][0] != words[start][0] or differs[place] != differs[start]
        if ends and words:
            text = "".join(word for _, word, _ in words[start:place])
            # The space after a marked word is not marked.
            last = len(text.rstrip()) if differs[start] else 0
            yield from (
                (words[start][0], part, marked) for part, marked in ((text[:last], True), (text[last:], False)) if part
            )
            start = place
