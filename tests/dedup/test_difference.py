"""The words that differ, for two conversations side by side."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.dedup.difference import Turn, side_by_side

turns = st.lists(
    st.tuples(st.sampled_from(["user", "assistant"]), st.text(alphabet="ab c\n", max_size=20)), max_size=4
).map(lambda found: [{"role": role, "content": content} for role, content in found])


def said(*contents: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[n % 2], "content": content} for n, content in enumerate(contents)]


def marked(found: list[Turn]) -> list[str]:
    return [segment.text.strip() for turn in found for segment in turn.segments if segment.differs]


def test_only_what_differs_is_marked() -> None:
    ours, theirs = side_by_side(said("I want to stay", "Good."), said("I do not want to stay", "Good!"))
    assert (marked(ours), marked(theirs)) == (["Good."], ["do not", "Good!"])


def test_white_space_does_not_count() -> None:
    ours, theirs = side_by_side(said("a  b\nc"), said("a b c"))
    assert (marked(ours), marked(theirs)) == ([], [])


def test_the_same_words_by_another_speaker_differ() -> None:
    ours, _ = side_by_side([{"role": "user", "content": "go"}], [{"role": "assistant", "content": "go"}])
    assert marked(ours) == ["go"]


def test_very_long_texts_take_no_quadratic_time() -> None:
    first = " ".join(f"a{n}" for n in range(60_000))
    ours, theirs = side_by_side(said("same " + first + " end"), said("same " + first[::-1] + " end"))
    assert len(marked(ours)) == len(marked(theirs)) == 1


@given(turns, turns)
@settings(max_examples=150)
def test_no_word_is_lost_and_both_sides_agree(first: list[dict[str, str]], second: list[dict[str, str]]) -> None:
    ours, theirs = side_by_side(first, second)
    for found, messages in ((ours, first), (theirs, second)):
        assert [turn.role for turn in found] == [message["role"] for message in messages]
        assert ["".join(s.text for s in turn.segments) for turn in found] == [m["content"] for m in messages]
    same = [
        [word for turn in found for s in turn.segments if not s.differs for word in s.text.split()]
        for found in (ours, theirs)
    ]
    assert same[0] == same[1]
    assert marked(side_by_side(first, first)[0]) == []
