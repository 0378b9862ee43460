"""Identifiers of a whole conversation: one search over all messages, names repeated later, one numbering."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

from .finding import REPLACED, Finding, Span, Taken
from .given_names import AMBIGUOUS
from .not_names import NOT_NAMES
from .placeholders import Numbering
from .search import CANDIDATE, spans_in

# Stands between messages: no pattern crosses it, and a signature may end at it.
_BETWEEN: Final = "\n\x1e\n"
_REPEATED_FROM: Final = 0.8
_LONE_WORD: Final = re.compile(r"(?<![\w@./])[^\W\d_]{3,}(?!\w)")


def scan(messages: Sequence[Mapping[str, str]]) -> list[Finding]:
    """Return what may identify somebody, in the order of the text; every message needs a `content`."""
    texts = [message["content"] for message in messages]
    if not texts:
        return []
    joined = _BETWEEN.join(texts)
    spans = [span for span in spans_in(joined) if "\x1e" not in joined[span.start : span.end]]
    if not spans:
        return []
    spans = _with_repeats(joined, spans)
    starts = [0, *accumulate(len(text) + len(_BETWEEN) for text in texts[:-1])]
    numbering = Numbering(texts)
    findings = []
    for span in spans:
        turn = bisect_right(starts, span.start) - 1
        words = joined[span.start : span.end]
        findings.append(
            Finding(
                turn=turn,
                start=span.start - starts[turn],
                end=span.end - starts[turn],
                kind=span.kind,
                confidence=span.confidence,
                placeholder=numbering.placeholder(span.kind, words),
            )
        )
    return findings


def scan_many(conversations: Sequence[Sequence[Mapping[str, str]]]) -> list[list[Finding]]:
    """Return `scan` of each conversation. One pass goes over all of them; only where it halts is one searched."""
    found: list[list[Finding]] = [[] for _ in conversations]
    between = _BETWEEN.encode()
    parts = [
        _BETWEEN.join([message["content"] for message in messages]).encode("utf-8", "replace")
        for messages in conversations
    ]
    data = between.join(parts)
    starts = [0, *accumulate(len(part) + len(between) for part in parts)]
    place = 0
    # No pattern matches the separator, so whatever is a candidate in a conversation alone is one here, too.
    while place < len(data) and (candidate := CANDIDATE.search(data, place)) is not None:
        number = bisect_right(starts, candidate.start()) - 1
        found[number] = scan(conversations[number])
        place = starts[number + 1]
    return found


def _with_repeats(text: str, spans: list[Span]) -> list[Span]:
    """Add later and earlier mentions of names that a cue revealed: "my sister Anna ... Anna said"."""
    known: dict[str, float] = {}
    for span in spans:
        if span.kind == "personal_name" and span.confidence >= _REPEATED_FROM:
            for part in re.findall(r"[^\W\d_]{3,}", text[span.start : span.end]):
                if part.lower() not in NOT_NAMES and part.capitalize() not in AMBIGUOUS:
                    for written in {part, part.capitalize()}:
                        known[written] = max(known.get(written, 0.0), span.confidence)
    if not known:
        return spans
    taken = Taken([(span.start, span.end) for span in spans] + [match.span() for match in REPLACED.finditer(text)])
    extra = [
        Span(match.start(), match.end(), "personal_name", round(known[match.group()] - 0.1, 2))
        for match in _LONE_WORD.finditer(text)
        if match.group() in known and not taken.overlaps(match.start(), match.end())
    ]
    return sorted([*spans, *extra], key=lambda span: span.start)
