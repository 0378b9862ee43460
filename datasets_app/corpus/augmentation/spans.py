"""What of a message may be rewritten: everything but the words that a signal of the screening stands on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from datasets_app.corpus.screening import Assessment

Span = tuple[int, int]
_SENTENCE: Final = re.compile(r"[^.!?\n]+(?:[.!?]+|\n|$)")
_SHORT_WORDS: Final = 4
#: More letters than in "OMG": whoever writes these in capitals only writes everything so.
_LOUD_LETTERS: Final = 8


def signal_spans(found: Assessment, message: int) -> list[Span]:
    """Return where signals of a message lie, those that count and those that were seen and discounted."""
    return [(each.start, each.end) for each in (*found.signals, *found.discounted) if each.message == message]


def signalled(found: Assessment) -> set[int]:
    """Return the numbers of the messages with a signal in them."""
    return {each.message for each in (*found.signals, *found.discounted)}


def is_free(start: int, end: int, taken: Sequence[Span]) -> bool:
    """Whether [start, end) touches none of the spans."""
    return all(end <= first or start >= last for first, last in taken)


def sentences(text: str) -> list[Span]:
    """Return where the sentences of a text lie, without white space at their ends; a text of none is one sentence."""
    found = []
    for match in _SENTENCE.finditer(text):
        body = match.group()
        start = match.start() + len(body) - len(body.lstrip())
        end = match.start() + len(body.rstrip())
        if end > start:
            found.append((start, end))
    return found or [(0, len(text))]


def is_short_answer(text: str) -> bool:
    """Whether a message is so short that it takes its meaning from the question before it."""
    return len(text.split()) <= _SHORT_WORDS


def like(model: str, text: str) -> str:
    """Return `text` typed the way that `model` is: in small or capital letters, or without a full stop at its end."""
    letters = [letter for letter in model if letter.isalpha()]
    typed = text
    if letters and all(letter.islower() for letter in letters):
        typed = text.lower()
    elif len(letters) > _LOUD_LETTERS and all(letter.isupper() for letter in letters):
        typed = text.upper()
    return typed if model.rstrip().endswith((".", "!", "?")) or not typed.endswith(".") else typed[:-1]
