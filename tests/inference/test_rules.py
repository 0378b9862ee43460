"""The rules' adapter: spans survive the cutting of long messages, and no text makes the rules slow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.replies.pieces import MAX_PIECE_CHARS, MAX_READ_CHARS, split
from inference.engine.rules import find

CRISIS = "I am going to kill myself tonight."


@given(st.lists(st.text(alphabet="ab .!\n", max_size=4000), min_size=1, max_size=10))
def test_pieces_are_the_newest_text_without_gaps(texts: list[str]) -> None:
    messages = [{"role": "user", "content": text} for text in texts]
    pieces = split(messages)
    assert all(len(piece.content) <= MAX_PIECE_CHARS for piece in pieces)
    assert all(texts[p.message][p.offset : p.offset + len(p.content)] == p.content for p in pieces)
    read = "".join(piece.content for piece in pieces)
    assert read == "".join(texts)[-MAX_READ_CHARS:]
    assert [(p.message, p.offset) for p in pieces] == sorted((p.message, p.offset) for p in pieces)


@pytest.mark.parametrize("before", [0, 10, 500, 3000])
def test_spans_point_into_the_long_message(before: int) -> None:
    content = "It was a day. " * (before // 14) + CRISIS + " We had soup." * 100
    finding = find([{"role": "assistant", "content": "How are you?"}, {"role": "user", "content": content}])
    grave = max(finding.signals, key=lambda signal: signal.severity or 0)
    assert grave.message == 1
    assert content[grave.start : grave.end] in CRISIS
    assert finding.crisis


def test_a_calm_conversation_has_no_finding() -> None:
    finding = find([{"role": "user", "content": "We had soup for lunch."}])
    assert (finding.crisis, finding.crisis_type, finding.severity, finding.timeline) == (False, "none", None, None)
    assert finding.signals == ()


def test_the_cost_of_hostile_repetition_is_bounded() -> None:
    long = split([{"role": "user", "content": "kill myself " * 100_000}])
    assert sum(len(piece.content) for piece in long) == MAX_READ_CHARS
