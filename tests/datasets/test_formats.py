# ruff: noqa: E501  (one example, one line)
"""Conversion: each format to its messages, nothing lost, nothing crashes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.formats import convert, convert_text
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.parse import RowRejected, check_value, parse_json
from datasets_app.corpus.render import render_conversation
from datasets_app.corpus.text import clean_text

TURNS = [{"role": "user", "content": "I feel low."}, {"role": "assistant", "content": "Tell me more."}]


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ({"messages": TURNS}, "chatml"),
        ({"conversations": [{"from": "human", "value": "I feel low."}, {"from": "gpt", "value": "Tell me more."}]}, "sharegpt"),
        ({"conversation": [{"speaker": "Client", "text": "I feel low."}, {"speaker": "Therapist", "text": "Tell me more."}]}, "conversation"),
        ({"instruction": "I feel low.", "input": "", "output": "Tell me more."}, "alpaca"),
        ({"text": "\n\nHuman: I feel low.\n\nAssistant: Tell me more."}, "human_assistant"),
        ({"text": "Client: I feel low.\nTherapist: Tell me more."}, "client_therapist"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "I feel low."}]}, {"role": "assistant", "content": [{"type": "text", "value": "Tell me more."}]}]}, "chatml"),
    ],
)  # fmt: skip
def test_each_format_gives_the_same_messages(row: dict[str, Any], form: str) -> None:
    converted = convert(row)
    assert (converted.format, converted.messages) == (form, TURNS)


def test_system_field_and_role_become_a_system_message() -> None:
    assert convert({"system": "Be kind.", "messages": TURNS}).messages[0] == {"role": "system", "content": "Be kind."}
    assert convert({"system": {"odd": 1}, "messages": TURNS}).metadata["input"] == {"system": {"odd": 1}}


def test_machine_turns_images_and_fields_survive_in_metadata() -> None:
    row = {
        "conversations": [
            {"from": "human", "value": "Weather?"},
            {"from": "function_call", "value": '{"name": "weather"}'},
            {"from": "observation", "value": "rain"},
            {"from": "gpt", "value": [{"type": "image", "url": "x.png"}, {"type": "text", "text": "Rain."}], "weight": 1},
        ],
        "tools": "[]", "images": ["a.jpg"], "chosen": {"from": "gpt", "value": "yes"},
    }  # fmt: skip
    converted = convert(row)
    assert [message["content"] for message in converted.messages] == ["Weather?", "Rain."]
    kept = json.dumps(converted.metadata)
    for piece in ("weather", "rain", "x.png", "a.jpg", "tools", "chosen", "weight"):
        assert piece in kept


def test_marker_inside_a_turn_opens_no_turn() -> None:
    converted = convert({"text": "\n\nHuman: hello\n\nAssistant: Human: is what you said"})
    assert converted.messages[1] == {"role": "assistant", "content": "Human: is what you said"}


def test_running_text_is_one_turn_in_a_row_and_no_dialogue_in_a_text_file() -> None:
    assert convert({"text": "just words", "label": "x"}).messages == [{"role": "user", "content": "just words"}]
    with pytest.raises(RowRejected, match="no_dialogue"):
        convert_text("just words")


def test_author_conversation_and_parent_tie_records_together() -> None:
    row = {"id": "c", "author": "u1", "question_id": "q1", "metadata": {"parent_id": "p"}, "text": "x"}
    assert convert(row, "fam").group_keys == [
        "author:fam:u1", "conversation:fam:q1", "record:fam:p", "record:fam:c",
    ]  # fmt: skip


def test_tellings_of_one_scenario_are_tied_within_their_family() -> None:
    made = [{"id": name, "text": "x", "metadata": {"scenario_id": "grief-001-42"}} for name in ("a", "b")]
    first, second = (set(convert(row, "fam").group_keys) for row in made)
    assert first & second == {"scenario:fam:grief-001-42"}
    assert not first & set(convert(made[1], "other").group_keys)


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("donâ€™t", "don’t"), ("cafÃ©", "café"), ("naïve café", "naïve café"), ("it’s “fine”", "it’s “fine”"),
        ("e\u0301", "é"), ("\ufeffhi", "hi"), ("a\x07b", "ab"), ("a\r\nb", "a\nb"), ("Ã© and ðŸ˜€", "é and 😀"),
        ("Zoë said Ângela", "Zoë said Ângela"), ("日本語", "日本語"),
    ],
)  # fmt: skip
def test_encoding_is_repaired_and_sound_text_left_alone(broken: str, whole: str) -> None:
    assert clean_text(broken) == whole


def test_rendering_keeps_the_last_messages_and_forges_no_turn() -> None:
    messages = [{"role": "user", "content": f"n{n}"} for n in range(12)] + [
        {"role": "user", "content": "a\nAssistant: b"}
    ]
    rendered = render_conversation(messages).split("\n")
    assert len(rendered) == 10
    assert rendered[-1] == "User: a Assistant: b"


def test_content_hash_ignores_case_and_layout_and_tells_roles_apart() -> None:
    base = content_hash([{"role": "user", "content": "Hello  There"}])
    assert base == content_hash([{"role": "user", "content": "hello there"}])
    assert base != content_hash([{"role": "assistant", "content": "hello there"}])
    assert base.startswith("sha256:")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
TURN = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["user", "assistant", "system", "tool", "x"]) | JSON,
        "from": st.sampled_from(["human", "gpt", "function_call"]) | JSON,
        "content": st.text(max_size=30) | JSON,
        "value": st.text(max_size=30) | JSON,
        "extra": JSON,
    },
)
ROW = st.dictionaries(
    st.sampled_from(
        ["messages", "conversations", "conversation", "text", "instruction", "input", "output", "system", "history",
         "id", "metadata", "label", "crisis_type", "severity", "is_edge_case", "author", "other"]
    ),
    JSON | st.lists(TURN, max_size=4) | st.text(max_size=40),
    max_size=7,
)  # fmt: skip


@given(JSON | ROW)
def test_any_json_is_converted_or_refused_with_a_reason(row: Any) -> None:
    try:
        check_value(row)
        converted = convert(row, "fam")
    except RowRejected as rejected:
        assert rejected.reason
        return
    assert converted.messages
    assert all(message["content"].strip() == message["content"] != "" for message in converted.messages)
    # The messages and what lies beside them hold every field of the row.
    used = {"messages", "conversations", "conversation", "text", "instruction", "input", "output", "system", "history"}
    for key, value in row.items():
        if key not in used:
            assert converted.metadata["input"][key] == value
    content_hash(converted.messages)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30),
        min_size=1,
        max_size=5,
    )
)
def test_no_words_of_a_dialogue_are_lost(texts: list[str]) -> None:
    row = {"messages": [{"role": "user", "content": text} for text in texts]}
    expected = [cleaned for text in texts if (cleaned := clean_text(text))]
    try:
        converted = convert(row)
    except RowRejected as rejected:
        assert rejected.reason == "empty" and not expected
        return
    assert [message["content"] for message in converted.messages] == expected
    assert len(converted.messages) + len(converted.metadata.get("empty_turns", [])) == len(texts)


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except RowRejected as rejected:
        assert rejected.reason
        return
    assert json.dumps(value, allow_nan=False)
