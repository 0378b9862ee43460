"""Putting placeholders where a reviewer's decisions say: pure functions over messages, no database.

Offsets are characters (code points) from the start of a message, as everywhere in the hub.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from datasets_app.corpus import taxonomy
from datasets_app.corpus.pii.placeholders import Numbering

Message = dict[str, str]

_SHORTEST_ECHO: Final = 3  # shorter words stand in too many other words to be taken out of metadata


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of a message; `placeholder` is empty where one has yet to be chosen."""

    turn: int
    start: int
    end: int
    kind: str
    placeholder: str = ""

    def overlaps(self, other: Span) -> bool:
        """Whether both stand on a common character."""
        return self.turn == other.turn and self.start < other.end and other.start < self.end


def check_spans(messages: Sequence[Message], spans: Iterable[Span]) -> str:
    """Say what is wrong with the spans of words to replace, in a sentence without words of the text; "" if nothing."""
    ordered = sorted(spans)
    for span in ordered:
        if span.kind not in taxonomy.PII_KINDS:
            return "A kind of identifier is not one of the nine."
        if not (0 <= span.turn < len(messages) and 0 <= span.start < span.end <= len(messages[span.turn]["content"])):
            return "A place lies outside the conversation."
    for left, right in pairwise(ordered):
        if left.overlaps(right):
            return f"Two identifiers overlap in turn {left.turn + 1}."
    return ""


def with_placeholders(messages: Sequence[Message], spans: Iterable[Span]) -> list[Span]:
    """Number the spans in the order of the text: the same words and the same person get the same placeholder."""
    numbering = Numbering([message["content"] for message in messages])
    return [
        replace(
            span, placeholder=numbering.placeholder(span.kind, messages[span.turn]["content"][span.start : span.end])
        )
        for span in sorted(spans)
    ]


def replace_spans(messages: Sequence[Message], spans: Iterable[Span]) -> tuple[list[Message], dict[Span, Span]]:
    """Replace every span by its placeholder; return the new messages and where each placeholder stands now."""
    rewritten = [dict(message) for message in messages]
    moved: dict[Span, Span] = {}
    by_turn: dict[int, list[Span]] = {}
    for span in sorted(spans):
        by_turn.setdefault(span.turn, []).append(span)
    for turn, own in by_turn.items():
        text, parts, at, length = messages[turn]["content"], [], 0, 0
        for span in own:
            parts += [text[at : span.start], span.placeholder]
            start = length + span.start - at
            length = start + len(span.placeholder)
            moved[span] = Span(turn, start, length, span.kind, span.placeholder)
            at = span.end
        rewritten[turn]["content"] = "".join([*parts, text[at:]])
    return rewritten, moved


def shifted(span: Span, replaced: Iterable[Span]) -> Span | None:
    """Where words that were left alone stand after `replaced` were; None where they went with them."""
    by = 0
    for other in replaced:
        if other.overlaps(span):
            return None
        if other.turn == span.turn and other.end <= span.start:
            by += len(other.placeholder) - (other.end - other.start)
    return Span(span.turn, span.start + by, span.end + by, span.kind, span.placeholder)


def echo_pattern(messages: Sequence[Message], replaced: Iterable[Span]) -> re.Pattern[str] | None:
    """A pattern for the replaced words wherever else they may stand (metadata, keys); None where there is none."""
    words = {messages[span.turn]["content"][span.start : span.end].strip() for span in replaced}
    chosen = sorted((word for word in words if len(word) >= _SHORTEST_ECHO), key=len, reverse=True)
    if not chosen:
        return None
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, chosen)) + r")(?!\w)", re.IGNORECASE)


def without_echoes(value: Any, pattern: re.Pattern[str]) -> Any:
    """The same JSON value without what the pattern finds in its texts."""
    if isinstance(value, str):
        return pattern.sub("[REMOVED]", value)
    if isinstance(value, dict):
        return {key: without_echoes(inner, pattern) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_echoes(inner, pattern) for inner in value]
    return value
