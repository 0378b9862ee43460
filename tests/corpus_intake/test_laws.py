"""What holds for any row: no crash, no word lost, and the way there and back through every format."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.formats import Converted, convert, convert_text, detect
from datasets_app.corpus.parse import RowRejected, check_value
from datasets_app.corpus.text import clean_text

from . import making

VOCABULARY = {"role", "from", "speaker", "type"}


class Marking:
    """Puts a word of its own into every string that is no name of a role or of a kind."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def __call__(self, value: Any, key: str = "") -> Any:
        if isinstance(value, str) and key not in VOCABULARY:
            self.words.append(f"word{len(self.words)}end")
            return f"{value} {self.words[-1]}"
        if isinstance(value, dict):
            return {name: self(inner, name) for name, inner in value.items()}
        return [self(inner) for inner in value] if isinstance(value, list) else value


def words_in(converted: Converted) -> set[str]:
    """All marking words in what was kept."""
    return set(re.findall(r"word\d+end", json.dumps([converted.messages, converted.metadata])))


@settings(max_examples=200)
@given(making.JSON | making.ROW, st.booleans())
def test_every_string_survives_in_messages_or_metadata_or_the_row_is_refused(row: Any, posts: bool) -> None:
    marking = Marking()
    row = marking(row)
    try:
        check_value(row)
        converted = convert(row, "fam", posts_as_turns=posts)
    except RowRejected as rejected:
        assert re.fullmatch(r"[a-z_0-9]+", rejected.reason)
        assert not re.search(r"word\d+end", f"{rejected.detail}")
        return
    assert words_in(converted) == set(marking.words)
    assert converted.messages
    assert all(message["content"] == message["content"].strip() != "" for message in converted.messages)
    assert {message["role"] for message in converted.messages} <= {"system", "user", "assistant"}


@settings(max_examples=100)
@given(making.JSON | making.ROW)
def test_conversion_does_not_depend_on_what_was_converted_before(row: Any) -> None:
    copy = json.loads(json.dumps(row))
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(repr(convert(row, "fam")))
        except RowRejected as rejected:
            outcomes.append(rejected.reason)
    assert outcomes[0] == outcomes[1]
    assert row == copy, "the row itself was changed"


# What a turn can say in the formats that hold a whole dialogue in one text: nothing that looks like a speaker.
SAID = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30)
    | st.sampled_from(["two\nlines\n\nand more", "it’s “fine”", "half: done", "a {b} [c]", "# heading", "日本語 text"])
).map(clean_text).filter(lambda text: bool(text) and ":" not in text and "###" not in text)  # fmt: skip
DIALOGUE = st.lists(st.tuples(SAID, SAID), min_size=1, max_size=4).map(
    lambda pairs: [
        {"role": role, "content": said}
        for pair in pairs
        for role, said in zip(("user", "assistant"), pair, strict=True)
    ]
)


def renamed(role_key: str, content_key: str, names: dict[str, str]) -> Callable[[list[dict[str, str]]], Any]:
    """A writer of lists of turns."""
    return lambda turns: [{role_key: names[turn["role"]], content_key: turn["content"]} for turn in turns]


def marked(names: dict[str, str]) -> Callable[[list[dict[str, str]]], str]:
    """A writer of one text with speakers."""
    return lambda turns: "\n\n".join(f"{names[turn['role']]}: {turn['content']}" for turn in turns)


def as_alpaca(turns: list[dict[str, str]]) -> dict[str, Any]:
    """An Alpaca row with history."""
    said = [turn["content"] for turn in turns]
    history = [list(pair) for pair in zip(said[:-2:2], said[1:-2:2], strict=True)]
    return {"instruction": said[-2], "input": "", "output": said[-1], "history": history}


HUMAN = {"user": "Human", "assistant": "Assistant"}
WRITERS: dict[str, Callable[[list[dict[str, str]]], dict[str, Any]]] = {
    "chatml": lambda turns: {"messages": turns},
    "sharegpt": lambda turns: {"conversations": renamed("from", "value", {"user": "human", "assistant": "gpt"})(turns)},
    "conversation": lambda turns: {
        "conversation": renamed("speaker", "text", {"user": "Client", "assistant": "Therapist"})(turns)
    },
    "human_assistant": lambda turns: {"text": "\n\n" + marked(HUMAN)(turns)},
    "client_therapist": lambda turns: {"text": marked({"user": "Client", "assistant": "Therapist"})(turns)},
    "alpaca": as_alpaca,
}


@pytest.mark.parametrize("name", sorted(WRITERS))
@given(turns=DIALOGUE)
def test_record_to_each_format_and_back(name: str, turns: list[dict[str, str]]) -> None:
    row = json.loads(json.dumps(WRITERS[name](turns)))
    assert detect(row) == name
    converted = convert(row)
    assert (converted.format, converted.messages) == (name, turns)
    assert converted.metadata == {"format": name}


@given(turns=DIALOGUE)
def test_dialogue_in_a_text_file_and_back(turns: list[dict[str, str]]) -> None:
    assert convert_text(marked(HUMAN)(turns) + "\n").messages == turns


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert convert_text(text).messages
    except RowRejected as rejected:
        assert rejected.reason in {"no_dialogue", "empty", "nul_character", "lone_surrogate", "unknown_role"}
