"""The difference between two guideline versions: complete, by section and word, and honest about whom it touches."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.guideline_diff import compare, type_changes, word_changes
from annotation.guideline_parts import parts, section_texts, unix_lines
from annotation.guideline_text import FIRST_VERSION
from datasets_app.corpus.taxonomy import CRISIS_TYPES

TEXT = FIRST_VERSION.read_text(encoding="utf-8")
LINES = (
    "# Title",
    "## Self-harm",
    "### Examples",
    "## Types",
    "| type | in |",
    "|---|---|",
    "| panic | a surge of fear |",
    "| none | grief |",
    "- a rule, and another",
    "  # nested?",
    "words 🌧️ and\u2028 more\x0c",
    "",
    "```",
    "Underlined",
    "---",
)
# The machine may be busy: how long an example takes says nothing about the law.
documents = st.lists(st.sampled_from(LINES), max_size=14).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n"]).map(lambda end: end.join(lines))
)


@given(documents)
def test_sections_lose_nothing(markdown: str) -> None:
    assert "".join(part.text for part in parts(markdown)) == unix_lines(markdown)
    joined = sum(len(section.text) for section in section_texts(markdown).values())
    assert joined == len(unix_lines(markdown))


@given(documents | st.text(max_size=60), documents | st.text(max_size=60))
def test_the_difference_applied_to_the_old_text_gives_the_new(older: str, newer: str) -> None:
    changes = word_changes(older, newer)
    assert "".join(change.text for change in changes if change.kind != "added") == older
    assert "".join(change.text for change in changes if change.kind != "removed") == newer
    assert all(one.kind != two.kind for one, two in pairwise(changes))
    before, after = section_texts(older), section_texts(newer)
    found = compare(older, newer)
    assert {section.code: section.after for section in found if section.state != "removed"} == {
        code: section.text for code, section in after.items()
    }
    assert sorted(section.before for section in found if section.state != "added") == sorted(
        section.text for section in before.values()
    )


@given(documents)
def test_a_text_does_not_differ_from_itself(markdown: str) -> None:
    assert {section.state for section in compare(markdown, markdown)} <= {"same"}
    assert type_changes(markdown, markdown).suggested == ()


def test_the_row_of_a_type_touches_that_type_alone() -> None:
    changes = type_changes(TEXT, TEXT.replace("worry, shyness, stress", "worry, being shy, stress"))
    assert changes.own == {"panic": "panic"} and changes.shared == () and changes.suggested == ()


def test_words_that_stayed_are_not_shown_as_changed() -> None:
    (section,) = [
        section
        for section in compare(TEXT, TEXT.replace("worry, shyness, stress", "worry, being shy, stress"))
        if section.state == "changed"
    ]
    assert [(change.kind, change.text) for change in section.changes if change.kind != "same"] == [
        ("removed", "shyness"),
        ("added", "being shy"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "suggested"),
    [
        ("| 2 low | fleeting now", "| 2 low | fleeting now and then", CRISIS_TYPES),  # severity concerns everybody
        ("It isn't about dying, the sting", "It is not about dying, the sting", ("self_harm",)),
        ("| \"I could sleep for a year.\" | none | idiom |\n", "", ("none",)),
    ],
)  # fmt: skip
def test_a_shared_section_suggests_the_types_that_its_changed_lines_name(
    old: str, new: str, suggested: tuple[str, ...]
) -> None:
    assert old in TEXT
    changes = type_changes(TEXT, TEXT.replace(old, new))
    assert changes.own == {} and len(changes.shared) == 1 and changes.suggested == tuple(suggested)


def test_spacing_table_layout_line_ends_and_the_title_touch_no_label() -> None:
    spaced = TEXT.replace("|---|---|---|", "| --- | :-: | ------ |").replace("\n\n", "\n\n\n").replace("\n", "\r\n")
    titled = spaced.replace("version 1 (draft", "version 2 (draft")
    assert titled != TEXT
    changes = type_changes(TEXT, titled)
    assert changes.own == {} and changes.shared == ()


def test_text_under_a_types_own_heading_belongs_to_the_type() -> None:
    text = "# G\n\n## Self-harm\nDeliberate injury.\n\n### Boundary\nOld.\n\n## Other\nShared.\n"
    assert type_changes(text, text.replace("Old.", "New.")).own == {"self_harm": "boundary"}
    assert type_changes(text, text.replace("Shared.", "Held in common.")).own == {}


def test_a_type_that_loses_its_section_is_touched() -> None:
    without = "".join(line for line in TEXT.splitlines(keepends=True) if not line.startswith("| psychotic |"))
    assert type_changes(TEXT, without).own == {"psychotic": "psychotic"}


def test_a_long_text_rewritten_is_compared_in_bounded_time() -> None:
    older, newer = "a b\n" * 20_000, "b a\n" * 20_000
    changes = word_changes(older, newer)
    assert "".join(change.text for change in changes if change.kind != "removed") == newer
