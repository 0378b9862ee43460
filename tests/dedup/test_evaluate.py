"""The figures of docs/deduplication.md come from a command; what it counts is right."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.__main__ import main
from datasets_app.corpus.dedup.evaluate import generated_figures, pairs_alike
from tests.dedup.making import LONG

sets = st.lists(st.sets(st.integers(0, 12), min_size=1, max_size=10).map(sorted), max_size=12)


@given(sets, st.sampled_from([0.5, 0.6, 0.8, 1.0]))
@settings(max_examples=200)
def test_no_pair_is_missed_and_none_made_up(found: list[list[int]], threshold: float) -> None:
    alike = {
        (first, second)
        for first, second in itertools.combinations(range(len(found)), 2)
        if len({*found[first]} & {*found[second]}) >= threshold * len({*found[first]} | {*found[second]})
    }
    assert pairs_alike(found, threshold) == alike


def test_recall_rises_with_likeness() -> None:
    rows = {row["from"]: row["recall"] for row in generated_figures(1_500)}
    assert rows[0.0] < 0.1
    assert rows[0.8] > 0.93
    assert min(rows[0.85], rows[0.9], rows[0.95]) > 0.98


def test_the_command_compares_a_file_with_all_its_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "said.jsonl"
    rows = [{"text": LONG}, {"text": LONG + " today"}, {"text": "my brother left us"}, {"bad": 1}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["duplicates-eval", str(path), "--json"]) == 0
    [figures] = json.loads(capsys.readouterr().out)["files"]
    assert (figures["texts"], figures["true_pairs"], figures["copies"]) == (3, 1, 1)
    assert (figures["wrong"], figures["pairs_left"], figures["share_left"]) == (0, 0, 0.0)
    assert main(["duplicates-eval", str(tmp_path / "none.jsonl")]) == 1
