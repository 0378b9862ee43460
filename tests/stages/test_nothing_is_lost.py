"""The first rule: crises and edge cases are never filtered out; and every row ends in exactly one counted place."""

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.stages import LADDERS

from .making import read, record, reply, write
from .test_build_stages import built

REFUGE = "MASTER_stage3_edge_stress_test.jsonl"
CRISIS = {"crisis_type": "self_harm", "severity": 4}
IN_PIECES = [{"role": "user", "content": " ".join(["it is coming"] * 30)}]
KINDS = ("good", "curt", "harsh", "none", "crisis", "edge", "pending", "broken", "broken edge", "copy")


@pytest.mark.parametrize(
    ("made", "reasons"),
    [
        (reply(record(1, 1), "curt") | CRISIS, ["empathy_below"]),
        (reply(record(1, 1), "none") | CRISIS, ["no_reply"]),
        (reply(record(1, 2), "harsh") | CRISIS, ["empathy_below", "reasoning_below"]),
        (record(1, 4, metadata={"persona_id": ""}) | CRISIS, ["safety_below", "no_persona_id"]),
        (record(1, 1, messages=IN_PIECES) | CRISIS, ["incoherent", "no_reply"]),
    ],
    ids=["too little empathy", "no reply", "unsafe expertise", "no voice", "a mind in pieces"],
)
def test_a_crisis_that_its_stage_refuses_moves_to_the_stage_for_crises(
    made: dict[str, Any], reasons: list[str], tmp_path: Path
) -> None:
    folder, manifest = built(tmp_path, write(tmp_path / "in.jsonl", [made]), without_empty_stages=True)
    (kept,) = read(folder / REFUGE)
    assert kept["messages"] == made["messages"]
    assert kept["metadata"]["moved_for"] == reasons
    stage = manifest.stage_metrics[kept["metadata"]["moved_from"]]
    assert (stage.seen, stage.records, stage.rejected, stage.moved_out) == (1, 0, 0, {reasons[0]: 1})
    assert manifest.stage_metrics["stage3_edge_stress_test"].moved_in == 1
    assert (manifest.rejected, manifest.total, manifest.adds_up) == (0, 1, True)
    assert read(folder / "QUARANTINE.jsonl") == []


def test_what_is_no_crisis_or_waits_for_review_does_not_move(tmp_path: Path) -> None:
    pending = reply(record(2, 1), "curt") | CRISIS
    pending["metadata"]["pii"] = "pending"
    broken_reply = record(3, 1, **CRISIS)
    broken_reply["messages"] = [broken_reply["messages"][0], {"role": "assistant", "content": "I see you " * 30}]
    rows = [record(9, 1), reply(record(1, 1), "curt"), pending, broken_reply]
    folder, manifest = built(tmp_path, write(tmp_path / "in.jsonl", rows), without_empty_stages=True)
    held = [entry["detail"].split(", ")[0] for entry in read(folder / "QUARANTINE.jsonl")]
    assert held == ["empathy_below", "pii_pending", "incoherent"]
    assert (manifest.total, manifest.rejected, manifest.adds_up) == (1, 3, True)


def test_an_edge_case_whose_form_is_broken_is_counted_by_name(tmp_path: Path) -> None:
    rows = [
        record(1, 1),
        {"is_edge_case": True, "nothing": 1},
        b'{"is_edge_case": true, "messages": [\n',
        {"nothing": 1},
    ]
    _, manifest = built(tmp_path, write(tmp_path / "in.jsonl", rows), without_empty_stages=True)
    assert (manifest.refused, manifest.refused_edge_cases) == (3, 2)


def drawn(number: int, stage: int, kind: str) -> Any:
    made = record(number, stage)
    if kind in ("curt", "harsh", "none"):
        return reply(made, kind)
    if kind == "crisis":
        return reply(made, "harsh") | CRISIS
    if kind == "edge":
        return reply(made, "harsh") | {"is_edge_case": True}
    if kind == "pending":
        return record(number, stage, metadata={"pii": "pending"})
    if kind == "copy":
        return record(0, stage)
    return {"broken": {"nothing": number}, "broken edge": {"is_edge_case": True, "nothing": number}}.get(kind, made)


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(KINDS)), max_size=40),
    st.none() | st.integers(1, 30),
    st.sampled_from(sorted(LADDERS)),
)
@settings(max_examples=40)
def test_every_row_ends_in_one_counted_place(drawn_rows: list[tuple[int, str]], total: int | None, ladder: str) -> None:
    # The first one stays in any case: a ladder needs one record.
    rows = [drawn(number, *drawing) for number, drawing in enumerate([(1, "good"), *drawn_rows], start=1)]
    with tempfile.TemporaryDirectory() as place:
        source = write(Path(place) / "in.jsonl", rows)
        folder, manifest = built(Path(place), source, ladder=ladder, total=total, without_empty_stages=True)
        written = [row for name in manifest.files for row in read(folder / name)]
        held = read(folder / "QUARANTINE.jsonl")
    assert manifest.adds_up and manifest.read == len(rows)
    assert len(written) == manifest.total and len(held) == manifest.refused + manifest.rejected
    reasons: Counter[str] = Counter()
    for stage in manifest.stage_metrics.values():
        reasons.update(stage.reasons)
        moved = sum(stage.moved_out.values())
        assert stage.seen + stage.moved_in == moved + stage.rejected + stage.copies + stage.left_out + stage.records
        assert stage.rejected == sum(stage.reasons.values()) and stage.edge_cases_left_out == 0
    assert reasons + Counter(manifest.refused_reasons) == Counter(entry["reason"] for entry in held)
    # No crisis and no edge case among the rejected: only what waits for a look at identifiers, or is broken in form.
    judged = [json.loads(entry["raw"]) for entry in held if entry["stage"] and entry["reason"] != "pii_pending"]
    assert not [row for row in judged if row.get("is_edge_case") or row["crisis_type"] != "none"]
    edges = {row["messages"][0]["content"] for row in rows if row.get("is_edge_case") and "messages" in row}
    assert edges <= {row["messages"][0]["content"] for row in written}
