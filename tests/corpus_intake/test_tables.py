# ruff: noqa: E501  (one example, one line)
"""Tables: one conversation per row, or one turn per row gathered by conversation."""

import csv
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datasets_app.corpus.intake import prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.reading import RawRow, UnreadableFile, read_rows, rows


def read(text: str | bytes, name: str = "a.csv") -> list[RawRow]:
    """The rows of a table."""
    return list(read_rows(io.BytesIO(text.encode() if isinstance(text, str) else text), name))


def written(header: list[str], lines: list[list[str]], delimiter: str = ",") -> str:
    """A table as the csv module writes it."""
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(lines)
    return sink.getvalue()


TALK = [
    ["c1", "1", "client", "I am low, so low", "calm"], ["c1", "2", "therapist", "Since\nwhen?", "calm"],
    ["c2", "2", "Therapist", "Hello", ""], ["c2", "1", "Client", "Hi", "sad"],
]  # fmt: skip
HEADER = ["dialogue_id", "turn", "speaker", "utterance", "mood"]


@pytest.mark.parametrize(("delimiter", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv"), ("|", "a.csv")])
def test_turns_are_gathered_by_conversation_and_put_in_order(delimiter: str, name: str) -> None:
    text = written(HEADER, TALK, delimiter)
    first, second = read(text, name)
    one, two = prepare(first, "fam").converted, prepare(second, "fam").converted
    assert one.messages == [
        {"role": "user", "content": "I am low, so low"}, {"role": "assistant", "content": "Since\nwhen?"},
    ]  # fmt: skip
    assert [message["content"] for message in two.messages] == ["Hi", "Hello"]
    assert (one.external_id, one.group_keys) == ("c1", ["conversation:fam:c1", "record:fam:c1"])
    assert one.metadata["input"]["mood"] == "calm"
    assert two.metadata["non_text"] == [{"turn": 1, "fields": {"mood": "sad"}}]
    assert (first.line, second.line) == (2, 5)
    assert text.encode()[second.offset :].startswith(b"c2")


def test_turns_that_come_back_are_refused_and_not_made_a_second_conversation() -> None:
    lines = [["a", "user", "1"], ["b", "user", "2"], ["a", "user", "3"], ["", "user", "4"]]
    found = read(written(["conversation_id", "role", "content"], lines))
    assert [row.problem for row in found] == ["", "", "turns_apart", "missing_conversation"]


def test_broken_row_spoils_its_conversation_and_no_other() -> None:
    text = "conversation_id,role,text\na,user,1\nb,user,2\nb,user,3,extra\nb,user,4\nc,user,5\nd,user,6,extra\ne,user,7,extra\nd,user,8\n"
    assert [(row.line, row.problem) for row in read(text)] == [
        (2, ""), (3, "broken_turn"), (4, "cells_beyond_header"), (5, "broken_turn"), (6, ""),
        (7, "cells_beyond_header"), (8, "cells_beyond_header"), (9, "broken_turn"),
    ]  # fmt: skip


def test_conversation_without_end_is_cut_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROW_BYTES", 100)
    text = "conversation_id,role,text\n" + "a,user,more\n" * 1_000 + "b,user,fine\n"
    found = read(text)
    assert [(row.line, row.problem) for row in found] == [(2, "row_too_long"), (1002, "")]
    assert len(found[0].raw) <= 100


@pytest.mark.parametrize("broken", ['"a"x,user,2', "user,b,a,more"])
def test_row_that_does_not_say_its_conversation_spoils_those_on_both_sides(broken: str) -> None:
    header = "conversation_id,role,text" if broken.startswith('"') else "role,text,conversation_id"
    rows = (
        ["{},user,1", "{},user,2", "{},user,3"] if broken.startswith('"') else ["user,1,{}", "user,2,{}", "user,3,{}"]
    )
    text = "\n".join([header, rows[0].format("a"), broken, rows[1].format("b"), rows[2].format("c")])
    assert [row.problem for row in read(text)][::2] == ["broken_turn", "broken_turn"]
    assert read(text)[-1].problem == ""


@pytest.mark.parametrize(
    ("header", "cells", "form"),
    [
        (["instruction", "input", "output"], ["Say hi", "", "Hi"], "alpaca"),
        (["id", "text"], ["1", "Human: Say hi\n\nAssistant: Hi"], "human_assistant"),
        (["Context", "Response"], ["Say hi", "Hi"], "pair"),
        (["questionID", "questionText", "answerText"], ["9", "Say hi", "Hi"], "pair"),
        (["messages"], [json.dumps([{"role": "user", "content": "Say hi"}, {"role": "assistant", "content": "Hi"}])], "chatml"),
        (["conversation"], ["Client: Say hi\nTherapist: Hi"], "client_therapist"),
    ],
)  # fmt: skip
def test_one_conversation_per_row(header: list[str], cells: list[str], form: str) -> None:
    (row,) = read(written(header, [cells]))
    converted = prepare(row).converted
    assert (converted.format, [message["content"] for message in converted.messages]) == (form, ["Say hi", "Hi"])


def test_labels_in_cells_are_read_as_labels() -> None:
    header = ["id", "text", "crisis_type", "severity", "is_edge_case", "edge_case_kind", "score"]
    (row,) = read(written(header, [["1", "x", "panic", "3", "True", "sarcasm", "3"]]))
    found = prepare(row).converted
    assert (found.proposed_type, found.proposed_severity, found.is_edge_case) == ("panic", 3, True)
    assert found.metadata["input"]["score"] == "3"


def test_rows_that_cannot_be_read_are_told_apart() -> None:
    data = b'\xef\xbb\xbfid,text\n1,ok\n2,x\xe9\n\n3,"a"b\n4,fine,more\n5\n6,"open'
    found = read(data)
    assert [(row.line, row.problem) for row in found] == [
        (2, ""), (3, "invalid_utf8"), (5, "bad_csv"), (6, "cells_beyond_header"), (7, ""), (8, "bad_csv"),
    ]  # fmt: skip
    for row in found:
        assert data[row.offset :].startswith(row.raw)
    with pytest.raises(RowRejected, match="unknown_format"):
        prepare(found[4])


def test_columns_without_a_name_or_with_the_same_one_keep_their_cells() -> None:
    (row,) = read("text,,text\na,b,c\n")
    assert json.loads(row.as_json) == {"text": "a", "column_2": "b", "text_3": "c"}


def test_table_without_readable_columns_is_refused_as_a_whole() -> None:
    assert read("") == [] and read("id,text\n") == []
    for data in (b"x\xe9,text\n1,2\n", b'"open,text\n1,2\n', b"," * 5_000 + b"\n"):
        with pytest.raises(UnreadableFile):
            read(data)


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    ['a "quoted", cell', "two\nlines", "[1]", "="]
)


@example([["", "", ""]], "\t")
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_every_cell_survives(lines: list[list[str]], delimiter: str) -> None:
    text = written(["a", "b", "c"], lines, delimiter)
    found = [json.loads(row.as_json) for row in read(text)]
    kept = [{name: cell for name, cell in zip("abc", line, strict=True) if cell.strip()} for line in lines]
    assert found == kept
