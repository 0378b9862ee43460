"""Laws of putting placeholders into messages: nothing else changes, every place is told, same words get the same."""

from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.taxonomy import PII_KINDS
from datasets_app.services.pii_text import (
    Span,
    check_spans,
    echo_pattern,
    replace_spans,
    shifted,
    with_placeholders,
    without_echoes,
)
from tests.pii_queue.making import said

TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="[]"), min_size=1, max_size=60)
MESSAGES = st.lists(TEXT, min_size=1, max_size=4).map(lambda texts: said(*texts))


@st.composite
def cut(draw: st.DrawFn) -> tuple[list[dict[str, str]], list[Span], list[Span]]:
    """Messages with stretches of them that don't overlap: some to replace, some to leave."""
    messages = draw(MESSAGES)
    replace, leave = [], []
    for turn, message in enumerate(messages):
        ends = sorted(draw(st.sets(st.integers(0, len(message["content"])), max_size=8)))
        for start, end in zip(ends[::2], ends[1::2], strict=False):
            span = Span(turn, start, end, draw(st.sampled_from(PII_KINDS)))
            draw(st.sampled_from((replace, leave))).append(span)
    return messages, replace, leave


@given(cut())
def test_placeholders_stand_where_told_and_nothing_else_changes(made: tuple[list, list[Span], list[Span]]) -> None:
    messages, replace, leave = made
    assert check_spans(messages, [*replace, *leave]) == ""
    replaced = with_placeholders(messages, replace)
    rewritten, moved = replace_spans(messages, replaced)
    assert [message["role"] for message in rewritten] == [message["role"] for message in messages]
    for now in moved.values():
        assert rewritten[now.turn]["content"][now.start : now.end] == now.placeholder
    for span in leave:
        now = shifted(span, replaced)
        assert now is not None
        words = messages[span.turn]["content"][span.start : span.end]
        assert rewritten[now.turn]["content"][now.start : now.end] == words
    # Putting the words back gives what was there: nothing but the spans was touched.
    for span, now in sorted(moved.items(), key=lambda pair: pair[1], reverse=True):
        text = rewritten[now.turn]["content"]
        words = messages[span.turn]["content"][span.start : span.end]
        rewritten[now.turn]["content"] = text[: now.start] + words + text[now.end :]
    assert rewritten == messages


@given(MESSAGES, st.integers(0, 3), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_overlaps_and_places_outside_are_told(messages: list, turn: int, a: int, b: int, c: int, d: int) -> None:
    spans = [Span(turn, a, b, "url"), Span(turn, c, d, "email")]
    inside = turn < len(messages) and all(
        0 <= span.start < span.end <= len(messages[turn]["content"]) for span in spans
    )
    assert (check_spans(messages, spans) == "") == (inside and not spans[0].overlaps(spans[1]))


def test_the_same_person_and_the_same_value_get_the_same_placeholder() -> None:
    text = "Marta Holt wrote to a@b.org, then Marta wrote to A@B.org and c@d.org. [NAME_1] was here before."
    spans = []
    for words, kind in [
        ("Marta Holt", "personal_name"),
        ("a@b.org", "email"),
        ("A@B.org", "email"),
        ("c@d.org", "email"),
    ]:
        at = text.index(words)
        spans.append(Span(0, at, at + len(words), kind))
    again = text.index("Marta wrote")
    spans.append(Span(0, again, again + len("Marta"), "personal_name"))
    rewritten, _ = replace_spans(said(text), with_placeholders(said(text), spans))
    assert rewritten[0]["content"] == (
        "[NAME_2] wrote to [EMAIL_1], then [NAME_2] wrote to [EMAIL_1] and [EMAIL_2]. [NAME_1] was here before."
    )


def test_echoes_go_as_whole_words_whatever_their_case_and_short_ones_stay() -> None:
    messages = said("I am Marta, or Jo.")
    pattern = echo_pattern(messages, [Span(0, 5, 10, "personal_name"), Span(0, 15, 17, "personal_name")])
    assert pattern is not None
    beside = {"title": "MARTA and Martaux", "of": ["marta", {"by": "Jo", "n": 2}]}
    assert without_echoes(beside, pattern) == {
        "title": "[REMOVED] and Martaux",
        "of": ["[REMOVED]", {"by": "Jo", "n": 2}],
    }
    assert echo_pattern(messages, []) is None
