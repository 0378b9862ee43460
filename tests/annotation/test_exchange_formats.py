"""Labels out and in again: nothing changes on the way, and what can't be read is named."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.exchange import (
    FORMATS,
    FinalLabel,
    LabelledSample,
    RawLabel,
    Refusal,
    SuggestedLabel,
    detect,
    read,
    write,
)
from annotation.exchange.offsets import to_points, to_units
from annotation.exchange.sample import Message, Span
from annotation.exchange.tabular import safe, unsafe
from datasets_app.corpus.taxonomy import CRISIS_TYPES, EDGE_CASE_KINDS, NONE_TYPE

# Whatever a database row may hold: any character but NUL and halves of surrogate pairs.
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=40)
NASTY = st.sampled_from(
    ['=HYPERLINK("http://x")', "'=1", "''+2", "\t@x", "a,b\r\nc", '"quoted"', "😀 e\u0301 א‏ב", "\u2028"]
)
WORDS = TEXT | NASTY
NAMES = st.text("abcdefp0123456789-", min_size=1, max_size=12)
CONFIDENCE = st.floats(0, 1).map(lambda value: round(value, 4))


@st.composite
def decisions(draw: Any) -> dict[str, Any]:
    crisis_type = draw(st.sampled_from(CRISIS_TYPES))
    kind = draw(st.sampled_from(("", *EDGE_CASE_KINDS)))
    return {
        "crisis_type": crisis_type,
        "severity": None if crisis_type == NONE_TYPE else draw(st.integers(1, 5)),
        "confidence": draw(CONFIDENCE),
        "is_edge_case": bool(kind),
        "edge_case_kind": kind,
    }


@st.composite
def samples(draw: Any, number: int) -> LabelledSample:
    contents = draw(st.lists(WORDS.filter(bool), min_size=1, max_size=4))
    messages = tuple(Message(draw(st.sampled_from(["user", "assistant"])), content) for content in contents)

    def span() -> Span:
        index = draw(st.integers(0, len(messages) - 1))
        start = draw(st.integers(0, len(messages[index].content) - 1))
        return Span(index, start, draw(st.integers(start + 1, len(messages[index].content))))

    labels = tuple(
        RawLabel(
            annotator=f"{draw(NAMES)}{n}",
            **draw(decisions()),
            secondary_types=tuple(draw(st.lists(st.sampled_from(CRISIS_TYPES), unique=True, max_size=2))),
            spans=tuple(span() for _ in range(draw(st.integers(0, 2)))),
            uncertain=draw(st.booleans()),
            about_someone_else=draw(st.booleans()),
            note=draw(WORDS),
            seconds_spent=draw(st.integers(0, 9999)),
            submitted_at="2026-11-26T10:00:00+00:00",
            revision=draw(st.integers(1, 9)),
            guideline_version=draw(st.integers(0, 9)),
            sha256="a" * 64,
        )
        for n in range(draw(st.integers(1, 3)))
    )
    final = draw(st.none() | decisions().map(lambda d: FinalLabel(**d, decided_by="adjudicated", reason="=why, then")))
    suggestions = tuple(
        SuggestedLabel(source=f"model {n}", crisis_type="panic", severity=3, confidence=draw(CONFIDENCE))
        for n in range(draw(st.integers(0, 2)))
    )
    return LabelledSample(
        id=f"{draw(NAMES)}-{number}",
        content_hash=f"sha256:{number:064d}",
        source="real",
        messages=messages,
        labels=labels,
        final=final,
        suggestions=suggestions,
        metadata=draw(st.dictionaries(WORDS, WORDS | st.integers(-5, 5), max_size=2)),
    )


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_there_and_back_nothing_changes(name: str, data: Any) -> None:
    given_samples = [data.draw(samples(number)) for number in range(data.draw(st.integers(1, 3)))]
    text = "".join(write(name, given_samples))
    assert list(read(name, lines(text))) == given_samples
    assert detect([text]) == name


@given(WORDS)
def test_no_cell_of_a_spreadsheet_is_a_formula_and_every_cell_comes_back(cell: str) -> None:
    assert not safe(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unsafe(safe(cell)) == cell


@given(TEXT, st.data())
def test_counting_in_utf16_units_and_back(text: str, data: Any) -> None:
    points = data.draw(st.integers(0, len(text)))
    assert to_points(text, to_units(text, points)) == points


def test_half_of_a_pair_is_no_place() -> None:
    with pytest.raises(ValueError, match="cuts a character"):
        to_points("😀", 1)


@pytest.mark.parametrize("name", FORMATS)
@given(text=st.text(max_size=200))
def test_anything_is_read_or_refused_with_a_reason(name: str, text: str) -> None:
    for found in read(name, lines(text)):
        assert isinstance(found, LabelledSample) or (isinstance(found, Refusal) and found.reason)


HOSTILE: list[tuple[str, str, str]] = [
    ("jsonl", "not json\n", "not JSON"),
    ("jsonl", '{"id": "a", "id": "b"}\n', "stands twice"),
    ("jsonl", '{"id": "a", "crisis_type": "sad", "conversation": [], "annotators": ["x"]}\n', "type is unknown"),
    ("jsonl", '{"id": "a", "crisis_type": "none", "severity": 3, "annotators": ["x"]}\n', "none has no severity"),
    ("jsonl", '{"id": "a", "crisis_type": "panic", "severity": 9, "annotators": ["x"]}\n', "<= 5"),
    ("jsonl", '{"id": "a", "crisis_type": "panic", "confidence": NaN, "annotators": ["x"]}\n', "NaN"),
    ("jsonl", "[" * 100_000 + "\n", "nested too deeply"),
    ("label-studio", '{"tasks": []}', "list of tasks"),
    ("label-studio", "[1]", "a field is missing"),
    ("label-studio", '[{"data": {"id": "a", "text": "x"}, "annotations": [{"result": []}]}]', "no choice names"),
    ("prodigy", '{"text": "x", "accept": ["panic"], "answer": "reject"}\n', "not “accept”"),
    ("prodigy", '{"text": "x", "accept": ["panic", "none"]}\n', "must name one"),
    ("prodigy", '{"text": "x", "accept": ["panic"], "spans": [{"start": 0, "end": 9}]}\n', "no single message"),
    ("csv", "name,label\nx,panic\n", "columns id and crisis_type"),
    ("csv", "id,crisis_type\na\n", "1 cells"),
    ("csv", "id,crisis_type,severity\na,panic,many\n", "severity"),
    ("csv", "id,crisis_type,uncertain\na,panic,maybe\n", "true or false"),
]


@pytest.mark.parametrize(("name", "text", "reason"), HOSTILE)
def test_a_bad_row_is_refused_with_its_reason(name: str, text: str, reason: str) -> None:
    (refused,) = read(name, lines(text))
    assert isinstance(refused, Refusal)
    assert reason in refused.reason


def test_a_bad_row_does_not_take_the_others_with_it() -> None:
    good = json.dumps({"id": "a", "conversation": [], "crisis_type": "panic", "severity": 2, "annotators": ["x"]})
    found = list(read("jsonl", lines(f"nonsense\n{good}\n")))
    assert [type(each) for each in found] == [Refusal, LabelledSample]
    assert found[0].row == 1


EVIDENCE = {"start": "1", "end": "1", "startOffset": 3, "endOffset": 9, "text": "racing"}
RESULT = [
    {
        "id": "aBc",
        "from_name": "crisis_type",
        "to_name": "dialogue",
        "type": "choices",
        "origin": "manual",
        "value": {"choices": ["panic"]},
    },
    {"from_name": "severity", "to_name": "dialogue", "type": "rating", "value": {"rating": 4}},
    {
        "from_name": "spans",
        "to_name": "dialogue",
        "type": "paragraphlabels",
        "value": {**EVIDENCE, "paragraphlabels": ["evidence"]},
    },
]
REAL_EXPORT = {
    "id": 7,
    "annotations": [
        {
            "id": 3,
            "completed_by": {"id": 2, "email": "someone@example.org"},
            "result": RESULT,
            "was_cancelled": False,
            "ground_truth": False,
            "created_at": "2026-01-02T03:04:05.678Z",
            "lead_time": 12.6,
            "prediction": {},
            "unique_id": "x",
        },
        {"id": 4, "completed_by": 5, "result": [], "was_cancelled": True},
    ],
    "drafts": [],
    "predictions": [{"model_version": "m1", "score": 0.5, "result": [{**RESULT[0], "value": {"choices": ["none"]}}]}],
    "data": {
        "id": "s-1",
        "dialogue": [{"author": "assistant", "text": "How?"}, {"author": "user", "text": "😀 racing"}],
    },
    "meta": {},
    "inner_id": 1,
    "project": 1,
}


def test_a_task_as_label_studio_exports_it() -> None:
    (sample,) = read("label-studio", [json.dumps([REAL_EXPORT])])
    assert isinstance(sample, LabelledSample)
    (label,) = sample.labels
    assert (sample.id, label.annotator, label.crisis_type, label.severity) == ("s-1", "label-studio-2", "panic", 4)
    # Label Studio counts the emoji as two.
    assert label.spans == (Span(1, 2, 8),)
    assert (label.seconds_spent, sample.suggestions[0].source) == (13, "m1")


def test_predictions_that_are_only_numbered_are_passed_over() -> None:
    (sample,) = read("label-studio", [json.dumps([REAL_EXPORT | {"predictions": [4, 5]}])])
    assert isinstance(sample, LabelledSample)
    assert (len(sample.labels), sample.suggestions) == (1, ())


def test_a_decision_changed_in_label_studio_counts_and_ours_does_not() -> None:
    before = LabelledSample(
        id="a", messages=(Message("user", "Hm."),), labels=(RawLabel(annotator="p1", crisis_type="panic", severity=3),)
    )
    tasks = json.loads("".join(write("label-studio", [before])))
    tasks[0]["annotations"][0]["result"][0]["value"]["choices"] = ["self_harm"]
    (after,) = read("label-studio", [json.dumps(tasks)])
    assert after.labels[0].crisis_type == "self_harm"


def lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")
