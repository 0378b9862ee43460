# ruff: noqa: E501  (one example, one line)
"""The edges of the formats as they occur, and every real file: what becomes of each row (docs/formats.md)."""

from collections import Counter
from typing import Any

import pytest

from datasets_app.corpus.formats import Converted, convert, detect
from datasets_app.corpus.intake import prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.reading import RawRow, read_rows
from datasets_app.corpus.structure import StructureRules
from tests.paths import PROJECT_ROOT, shared

ASKED = {"role": "user", "content": "Q"}
ANSWERED = {"role": "assistant", "content": "A"}
TOLD = [{"from": "human", "value": "Q"}]


def said(row: dict[str, Any], **options: Any) -> list[tuple[str, str]]:
    """The dialogue of a row."""
    return [(message["role"], message["content"]) for message in convert(row, **options).messages]


QA = [("user", "Q"), ("assistant", "A")]


@pytest.mark.parametrize(
    "row",
    [
        {"conversations": TOLD, "chosen": {"from": "gpt", "value": "A"}, "rejected": {"from": "gpt", "value": "no"}},
        {"messages": [ASKED], "chosen": "A", "rejected": "no"},
        {"messages": [ASKED], "chosen": [ASKED, ANSWERED], "rejected": [ASKED, {"role": "assistant", "content": "no"}]},
        {"prompt": "Q", "chosen": "A", "rejected": "no"},
        {"prompt": "Q", "chosen": [ASKED, ANSWERED], "rejected": [ASKED, {"role": "assistant", "content": "no"}]},
        {"prompt": [ASKED], "chosen": [ANSWERED], "rejected": [{"role": "assistant", "content": "no"}]},
        {"chosen": "\n\nHuman: Q\n\nAssistant: A", "rejected": "\n\nHuman: Q\n\nAssistant: no"},
        {"prompt": "\n\nHuman: Q\n\nAssistant:", "chosen": " A", "rejected": " no"},
        {"instruction": "Q", "input": "", "chosen": "A", "rejected": "no"},
    ],
)
def test_preference_pair_ends_with_the_chosen_reply_and_keeps_both(row: dict[str, Any]) -> None:
    converted = convert(row)
    assert [(message["role"], message["content"]) for message in converted.messages] == QA
    assert {key: converted.metadata["input"][key] for key in ("chosen", "rejected")} == {
        key: row[key] for key in ("chosen", "rejected")
    }


def test_dialogue_that_ends_with_a_reply_gets_no_other_one() -> None:
    assert said({"messages": [ASKED, ANSWERED], "chosen": "B", "rejected": "C"}) == QA


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        (
            "Below is an instruction that describes a task. Write a response.\n\n### Instruction:\nQ\n\n### Response:\nA",
            "alpaca",
            QA,
        ),
        (
            "### Instruction:\nSum up\n### Input:\nwords\n### Response: A",
            "alpaca",
            [("user", "Sum up\n\nwords"), ("assistant", "A")],
        ),
        ("### Human: Q### Assistant: A### Human: and?", "human_assistant", [*QA, ("user", "and?")]),
        ("human: Q\nASSISTANT: A", "human_assistant", QA),
        ("Patient: Q\nTherapist : A", "client_therapist", QA),
        ("He said: Human: no", "text", [("user", "He said: Human: no")]),
        ("# Human: no", "text", [("user", "# Human: no")]),
    ],
)
def test_dialogue_inside_a_text(text: str, form: str, expected: list[tuple[str, str]]) -> None:
    assert detect({"text": text}) == form
    assert said({"text": text}) == expected


def test_preamble_of_a_template_is_kept() -> None:
    text = "Below is an instruction that says so.\n\n### Instruction:\nQ\n\n### Response:\nA"
    assert convert({"text": text}).metadata["non_text"] == [
        {"turn": 0, "template": "Below is an instruction that says so."}
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"prompt": "Q", "completion": "A"}, QA),
        ({"Question": "Q", "Answer": "A"}, QA),
        ({"input": "Q", "output": "A"}, QA),
        ({"system": "S", "prompt": "Q", "response": "A"}, [("system", "S"), *QA]),
        ({"messages": [ASKED, {"role": "system", "content": "S"}, ANSWERED]}, [QA[0], ("system", "S"), QA[1]]),
        ({"messages": [{"role": "developer", "content": "S"}, ASKED]}, [("system", "S"), QA[0]]),
        ({"conversations": [{"from": "Client", "value": "Q"}, {"from": "counsellor", "value": "A"}]}, QA),
        (
            {"instruction": "Q", "input": None, "output": "A", "history": [["q1", "a1"]]},
            [("user", "q1"), ("assistant", "a1"), *QA],
        ),
        ({"text": "Q", "speaker": "user"}, [("user", "Q")]),
        ({"text": "A", "role": "therapist"}, [("assistant", "A")]),
    ],
)
def test_other_shapes(row: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert said(row) == expected


def test_parts_of_a_turn_that_are_no_text_or_more_than_text_are_kept() -> None:
    parts = [
        {"type": "text", "text": "Q"}, "and", {"type": "image_url", "image_url": {"url": "x.png"}},
        {"type": "text", "text": "last", "cache_control": "kept"}, {"type": "reasoning", "value": "hm"},
    ]  # fmt: skip
    converted = convert({"messages": [{"role": "user", "content": parts}]})
    assert converted.messages == [{"role": "user", "content": "Q\nand\nlast"}]
    assert converted.metadata["non_text"] == [{"turn": 1, "parts": [parts[2], parts[3], parts[4]]}]


def test_tool_calls_keep_their_place() -> None:
    calls = [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]
    row = {
        "messages": [
            ASKED, {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "content": "42", "tool_call_id": "1"}, ANSWERED,
        ],
        "tools": [{"name": "f"}],
    }  # fmt: skip
    converted = convert(row)
    assert [message["content"] for message in converted.messages] == ["Q", "A"]
    assert converted.metadata["non_text"] == [
        {"turn": 2, "fields": {"tool_calls": calls}}, {"turn": 3, "fields": {"tool_call_id": "1"}},
        {"turn": 3, "role": "tool", "content": "42"},
    ]  # fmt: skip
    assert converted.metadata["input"] == {"tools": [{"name": "f"}]}
    assert converted.metadata["empty_turns"] == [2]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([], "not_an_object"), ("x", "not_an_object"), ({}, "unknown_format"), ({"a": 1}, "unknown_format"),
        ({"messages": []}, "empty"), ({"messages": ["a"]}, "bad_turn"), ({"messages": [{"content": "a"}]}, "missing_role"),
        ({"messages": [{"role": "user"}]}, "missing_content"), ({"messages": [{"role": "judge", "content": "a"}]}, "unknown_role"),
        ({"messages": [{"role": "user", "content": 7}]}, "bad_content"), ({"text": " \n"}, "empty"),
        ({"instruction": "a", "output": "b", "history": ["x"]}, "bad_history"), ({"instruction": "a", "input": [1], "output": "b"}, "bad_content"),
        ({"posts": ["a", "b"]}, "posts_not_dialogue"), ({"text": "a", "role": "therapist", "dialogue_id": 4}, "turn_not_dialogue"),
        ({"prompt": "a", "chosen": 7}, "unknown_format"),
    ],
)  # fmt: skip
def test_what_is_no_dialogue_is_refused_with_a_reason(row: Any, reason: str) -> None:
    with pytest.raises(RowRejected) as refused:
        convert(row)
    assert refused.value.reason == reason


def test_posts_are_turns_only_by_the_switch() -> None:
    row = RawRow(1, 0, b'{"id": "u1", "label": "Ideation", "posts": ["one", "two"]}')
    with pytest.raises(RowRejected, match="posts_not_dialogue"):
        prepare(row)
    taken = prepare(row, "fam", StructureRules(posts_as_turns=True)).converted
    assert taken.messages == [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]
    assert taken.metadata["input"]["label"] == "Ideation"


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (StructureRules(min_turns=3), "too_few_turns"), (StructureRules(max_turns=1), "too_many_turns"),
        (StructureRules(max_turn_chars=3), "turn_too_long"), (StructureRules(alternating=True), "not_alternating"),
        (StructureRules(), ""),
    ],
)  # fmt: skip
def test_each_rule_on_structure_is_a_switch(rules: StructureRules, reason: str) -> None:
    row = RawRow(1, 0, b'{"system":"s","messages":[{"role":"user","content":"hello"},{"role":"user","content":"hi"}]}')
    try:
        prepare(row, "", rules)
        found = ""
    except RowRejected as refused:
        found = refused.reason
    assert found == reason


def test_conversation_without_a_user_is_refused_unless_the_switch_is_off() -> None:
    row = RawRow(1, 0, b'{"messages":[{"role":"assistant","content":"hello"}]}')
    with pytest.raises(RowRejected, match="no_user_turn"):
        prepare(row)
    assert prepare(row, "", StructureRules(needs_user=False)).converted.messages


def outcome(raw: RawRow) -> tuple[str, Converted | None]:
    """The format of a row, or why it is refused."""
    try:
        found = prepare(raw, "fam").converted
    except RowRejected as rejected:
        return rejected.reason, None
    return found.format, found


REAL_FILES = {
    "formats/alpaca__llamafactory.json": {"alpaca": 50},
    "formats/alpaca_templated__llamafactory_identity.json": {"alpaca": 20},
    "formats/human_assistant__hh_rlhf.jsonl": {"human_assistant": 40},
    "formats/human_assistant__hh_rlhf.txt": {"human_assistant": 10},
    "formats/messages__llamafactory_kto.jsonl": {"chatml": 50},
    "formats/messages_images_edge__llamafactory.json": {"chatml": 6},
    "formats/messages_partslist_edge__llamafactory_v1.jsonl": {"chatml": 20},
    "formats/messages_tools_edge__llamafactory.jsonl": {"chatml": 5},
    "formats/sharegpt_dpo_edge__llamafactory.json": {"sharegpt": 10},
    "formats/sharegpt_tools__glaive.json": {"sharegpt": 50},
    "real/counselchat.jsonl": {"conversation": 1418},
    "real/cssrs500.jsonl": {"posts_not_dialogue": 500},
    "real/goemotions.jsonl": {"text": 6000},
    "real/imhi_dr.jsonl": {"text": 405},
    "real/imhi_dreaddit.jsonl": {"text": 414},
    "real/imhi_t_sid.jsonl": {"text": 928},
    "real/opioid_reddit.jsonl": {"text": 8000},
    "real/sad.jsonl": {"text": 6849},
    "real/suicide_watch.jsonl": {"text": 4780},
}


@pytest.mark.parametrize("name", REAL_FILES)
def test_every_row_of_every_real_file_is_accounted_for(name: str) -> None:
    path = shared(name)
    assert Counter(outcome(raw)[0] for raw in read_rows(path, path.name)) == REAL_FILES[name]


def test_table_of_the_real_files_names_all_of_them() -> None:
    folder = shared("formats").parent
    found = {f"{kind}/{path.name}" for kind in ("formats", "real") for path in (folder / kind).iterdir()}
    assert found == set(REAL_FILES)
    told = (PROJECT_ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [name for name in REAL_FILES if name.split("/")[1].split(".")[0] not in told] == []


def test_edges_in_the_real_files() -> None:
    def converted(name: str) -> list[Converted]:
        path = shared(name)
        return [found for raw in read_rows(path, path.name) if (found := outcome(raw)[1])]

    templated = converted("formats/alpaca_templated__llamafactory_identity.json")
    assert all(found.metadata["notes"] == ["template_placeholder"] for found in templated)
    pairs = converted("formats/sharegpt_dpo_edge__llamafactory.json")
    for found in pairs:
        assert found.messages[-1] == {
            "role": "assistant",
            "content": found.metadata["input"]["chosen"]["value"].strip(),
        }
        assert found.metadata["input"]["rejected"]["value"]
    tools = converted("formats/messages_tools_edge__llamafactory.jsonl")
    assert any(
        part["type"] == "reasoning"
        for found in tools
        for item in found.metadata["non_text"]
        for part in item.get("parts", ())
    )
    called = converted("formats/sharegpt_tools__glaive.json")
    assert sum(item["role"] == "function_call" for found in called for item in found.metadata.get("non_text", ())) == 36
    images = converted("formats/messages_images_edge__llamafactory.json")
    assert all(found.metadata["input"]["images"] for found in images)
    weighted = converted("formats/messages_partslist_edge__llamafactory_v1.jsonl")
    assert weighted[0].metadata["non_text"][0] == {"turn": 1, "fields": {"loss_weight": 0.0}}
    judged = converted("formats/messages__llamafactory_kto.jsonl")
    assert {found.metadata["input"]["label"] for found in judged} == {True, False}
