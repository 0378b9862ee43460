"""Edge cases: every category, its scenarios told in other words, labels kept, said to be made up."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import call_command

from datasets_app.corpus.record import AnnotatedSample
from datasets_app.corpus.synthesis import generate_edge_cases
from datasets_app.corpus.synthesis.edge_cases import CATEGORIES, categories_named
from datasets_app.corpus.taxonomy import EDGE_CASE_KINDS, SPLITS
from tests.corpus_engine.making import compiled, release_lines, write


def test_categories_and_scenarios_take_turns_and_a_scenario_keeps_its_label() -> None:
    rows = list(generate_edge_cases(1600, 5, categories=categories_named("all"), scenarios_per_category=20))
    by_category = Counter(row["metadata"]["category"] for row in rows)
    assert set(by_category) == set(CATEGORIES) and max(by_category.values()) - min(by_category.values()) <= 1
    labels: dict[str, set[tuple[str, int | None, str]]] = defaultdict(set)
    texts: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        msgspec.convert(row, AnnotatedSample)
        assert row["is_edge_case"] and row["edge_case_kind"] in EDGE_CASE_KINDS
        assert row["metadata"]["source_family"] == "edge_case_synthetic"
        labels[row["metadata"]["scenario_id"]].add((row["crisis_type"], row["severity"], row["metadata"]["form"]))
        texts[row["metadata"]["scenario_id"]].add(json.dumps(row["conversation"]))
    assert len(labels) == 20 * len(CATEGORIES)
    assert {len(found) for found in labels.values()} == {1}
    assert sum(map(len, texts.values())) == len(rows)
    negatives = {name for name, category in CATEGORIES.items() if category.none_kind}
    assert {row["crisis_type"] for row in rows if row["metadata"]["category"] in negatives} == {"none"}
    planned = [row["severity"] for row in rows if row["metadata"]["category"] == "denied_with_a_plan"]
    assert planned and min(planned) >= 4


def test_a_release_keeps_the_tellings_of_a_scenario_in_one_split(tmp_path: Path) -> None:
    rows = list(generate_edge_cases(240, 5, categories=categories_named("all"), scenarios_per_category=3))
    release, _ = compiled(tmp_path, write(tmp_path / "edge.jsonl", rows))
    scenario_of = {said(row["conversation"]): row["metadata"]["scenario_id"] for row in rows}
    splits: dict[str, set[str]] = defaultdict(set)
    for split, line in release_lines(release):
        splits[scenario_of[said(line["messages"])]].add(split)
    assert len(splits) == 3 * len(CATEGORIES)
    assert {len(found) for found in splits.values()} == {1}
    assert set.union(*splits.values()) == set(SPLITS)


def said(messages: list[dict[str, str]]) -> str:
    return "\n".join(turn["content"] for turn in messages if turn["role"] == "user")


def test_an_unknown_category_is_refused_by_name(tmp_path: Path, capsys: Any) -> None:
    with pytest.raises(ValueError, match="irony"):
        categories_named("sarcasm,irony")
    with pytest.raises(SystemExit, match="2"):
        call_command("generate_edge_cases", "--categories", "irony", "--output", str(tmp_path / "out.jsonl"))
    assert "choose of" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_the_categories_asked_for(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "edge.jsonl"
    call_command(
        "generate_edge_cases", "--categories", "grief,code_words", "--count", "40", "--scenarios-per-category", "10",
        "--output", str(file), "--json",
    )  # fmt: skip
    assert json.loads(capsys.readouterr().out)["category"] == {"code_words": 20, "grief": 20}
    assert len(file.read_text().splitlines()) == 40
