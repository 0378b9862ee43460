"""The file of an expert set: the same bytes again, and every bad row named without its words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.corpus.expertset.files import (
    FileProblem,
    counts_of,
    encode_lines,
    quarantine_lines,
    read_examples,
    read_manifest,
)
from datasets_app.corpus.expertset.line import ExpertDecision, ExpertExample, ExpertRating
from datasets_app.corpus.expertset.outcome import outcome_of
from tests.corpus_expertset.making import example_of, examples

SECRET = "quiet-heron words"


@given(found=st.lists(examples(), max_size=6, unique_by=lambda one: one.content_hash))
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_is_read_and_written_again_is_the_same_bytes(tmp_path: Path, found: list[ExpertExample]) -> None:
    data = encode_lines(found)
    path = tmp_path / "set.jsonl"
    path.write_bytes(data)
    back = read_examples(path)
    assert back.refused == []
    again = [line for _, line in back.examples]
    assert again == found
    assert encode_lines(again) == data
    assert counts_of(again) == counts_of(found)


def row(**changes: object) -> dict[str, object]:
    said = [ExpertRating(rater="e1", crisis_type="panic", severity=3), ExpertRating(rater="e2", crisis_type="none")]
    good = json.loads(encode_lines([example_of([{"role": "user", "content": f"{SECRET} {changes}"}], said)]))
    return good | changes


BAD = {
    "not json": "{broken",
    "the label is not what the ratings come to": row(crisis_type="none", standing="majority", confidence=0.5),
    "the content hash is not that": row(conversation=[{"role": "user", "content": SECRET}]),
    "an expert rated the conversation twice": row(
        annotators=["e1", "e1"], ratings=[{"rater": "e1", "crisis_type": "none"}] * 2
    ),
    "annotators are not those": row(annotators=["e1"]),
    "a crisis type needs a severity": row(ratings=[{"rater": "e1", "crisis_type": "panic"}]),
    "unknown value": row(source=SECRET),
    "unknown field": row(more=1),
    "Expected `int` <= 5": row(ratings=[{"rater": "e1", "crisis_type": "none", "rubric": {"evidence": 6}}]),
    "missing required field": {"id": "x"},
    "duplicate_key": '{"id": "a", "id": "b"}',
}


def test_every_bad_row_is_named_and_kept_and_the_good_ones_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    rows = [row(), *BAD.values(), row()]
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in rows))
    found = read_examples(path)
    assert [raw.line for raw, _ in found.examples] == [1]
    assert [one.line for one in found.refused] == list(range(2, len(rows) + 1))
    told = [f"{one.reason}: {one.detail}" for one in found.refused]
    for expected, said in zip(list(BAD)[1:-1], told[1:-2], strict=True):
        assert expected.lower() in said.lower(), (expected, said)
    assert told[0].startswith("invalid_json") and told[-2].startswith("duplicate_key")
    assert told[-1] == "copy: the conversation stands in line 1 too"
    assert SECRET not in "".join(told)
    kept = [json.loads(line) for line in quarantine_lines(found.refused)]
    assert [entry["line"] for entry in kept] == [one.line for one in found.refused]
    assert all("raw" in entry for entry in kept)


def test_no_file_and_no_manifest_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="cannot be read"):
        read_examples(tmp_path / "nowhere.jsonl")
    (tmp_path / "m.json").write_text('{"schema": "pixelhub.expert-set/1"}')
    with pytest.raises(FileProblem, match="the manifest is none"):
        read_manifest(tmp_path / "m.json")


def rating(kind: str, severity: int | None = None, rater: str = "e1") -> ExpertRating:
    return ExpertRating(rater=rater, crisis_type=kind, severity=severity)  # type: ignore[arg-type]


def test_what_ratings_come_to() -> None:
    """The rule by hand: more than half, the graver middle, a lead's word over all, and what counts as a dispute."""
    none = outcome_of([])
    assert (none.standing, none.crisis_type, none.confidence) == ("none", None, None)
    both = outcome_of([rating("panic", 2), rating("panic", 3)])
    assert (both.standing, both.severity, both.confidence, both.disputed) == ("unanimous", 3, 1.0, False)
    apart = outcome_of([rating("panic", 1), rating("panic", 4)])
    assert (apart.standing, apart.severity, apart.disputed) == ("unanimous", 4, True)
    tie = outcome_of([rating("panic", 2), rating("none")])
    assert (tie.standing, tie.crisis_type, tie.disputed) == ("split", None, True)
    most = outcome_of([rating("self_harm", 4), rating("self_harm", 3), rating("none")])
    assert (most.standing, most.crisis_type, most.severity, most.confidence) == ("majority", "self_harm", 4, 0.6667)
    led = outcome_of([rating("panic", 2), rating("none")], ExpertDecision(crisis_type="none", reason="a metaphor"))
    assert (led.standing, led.crisis_type, led.severity, led.confidence) == ("decided", "none", None, 0.5)
