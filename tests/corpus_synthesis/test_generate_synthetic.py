"""3,000 conversations: repeatable, diverse, valid, labelled, and said to be made up."""

import json
import random
import re
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import call_command

from datasets_app.corpus.record import AnnotatedSample
from datasets_app.corpus.synthesis import GENERATOR, generate_synthetic, grammar
from datasets_app.corpus.synthesis.diversity import near_duplicate_rate
from datasets_app.corpus.synthesis.scenario import SEVERITIES_BY_TYPE
from datasets_app.corpus.taxonomy import CRISIS_TYPES, DIFFICULTIES, SCENARIO_FAMILIES

Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(generate_synthetic(3000, 42))


def said(row: Row) -> str:
    return "\n".join(turn["content"] for turn in row["conversation"] if turn["role"] == "user")


def test_a_shorter_run_is_the_beginning_of_a_longer_one_and_another_seed_is_another_world(rows: list[Row]) -> None:
    assert rows[:60] == list(generate_synthetic(60, 42))
    assert not {said(row) for row in rows} & {said(row) for row in generate_synthetic(200, 43)}


def test_every_row_is_valid_and_says_what_it_is(rows: list[Row]) -> None:
    for row in rows:
        msgspec.convert(row, AnnotatedSample)
        metadata = row["metadata"]
        assert row["source"] == "synthetic" and metadata["generator"] == GENERATOR and metadata["seed"] == 42
        assert "nobody wrote it" in metadata["provenance"]["statement"]
        assert metadata["assistant_quality"] in ("good", "mixed", "poor") or metadata["form"] != "chat"
        assert not any(sign in turn["content"] for turn in row["conversation"] for sign in "{}[]|")
        assert all(turn["content"].strip() for turn in row["conversation"])


def test_types_families_and_difficulties_are_all_there_in_balance(rows: list[Row]) -> None:
    types = Counter(row["crisis_type"] for row in rows)
    assert 0.33 < types["none"] / len(rows) < 0.40
    assert min(types[kind] for kind in CRISIS_TYPES) > 250
    pairs = Counter((row["metadata"]["scenario_family"], row["metadata"]["difficulty"]) for row in rows)
    assert set(pairs) == {(family, level) for family in SCENARIO_FAMILIES for level in DIFFICULTIES}
    assert max(pairs.values()) - min(pairs.values()) <= 1
    severities = {(row["crisis_type"], row["severity"]) for row in rows} - {("none", None)}
    assert severities == {(kind, level) for kind, levels in SEVERITIES_BY_TYPE.items() for level in levels}


def test_fewer_than_one_in_a_hundred_are_near_copies(rows: list[Row]) -> None:
    assert near_duplicate_rate([said(row) for row in rows]) < 0.01
    copies = [said(rows[place % 20]) for place in range(40)]
    assert near_duplicate_rate(copies) == pytest.approx(0.5)


def test_what_is_veiled_comes_later_than_what_is_said_openly(rows: list[Row]) -> None:
    places: dict[str, list[int]] = {}
    for row in rows:
        metadata = row["metadata"]
        if metadata["form"] == "chat" and metadata["disclosure_turn"]:
            places.setdefault(metadata["difficulty"], []).append(metadata["disclosure_turn"])
    means = {level: sum(found) / len(found) for level, found in places.items()}
    assert means["overt"] + 1 < means["veiled"]


def test_neither_the_length_of_a_form_nor_a_day_of_no_week_gives_the_label_away(rows: list[Row]) -> None:
    words: dict[tuple[str, bool], list[int]] = {}
    for row in rows:
        words.setdefault((row["metadata"]["form"], row["crisis_type"] == "none"), []).append(len(said(row).split()))
        assert not re.search(r"\bon (tomorrow|next week)\b", said(row).lower())
    for form in ("chat", "post", "note"):
        crisis, none = (statistics.median(words[form, is_none]) for is_none in (False, True))
        assert 0.7 < none / crisis < 1.4


def test_an_unknown_reference_an_open_bracket_and_an_empty_rule_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(":: greeting\nhello {nobody}\n")
    with pytest.raises(grammar.GrammarError, match=r"greeting.*nobody"):
        grammar.load(tmp_path)
    for text, problem in (
        (":: a\n[b|c", "open bracket"),
        (":: a\n", "says nothing"),
        ("b", "before"),
        (":: a\nb]", "too many"),
    ):
        with pytest.raises(grammar.GrammarError, match=problem):
            grammar.parse(text.splitlines())


def test_kept_words_stay_and_others_change() -> None:
    rules = grammar.Grammar(
        {rule.name: rule for rule in grammar.parse(":: who !\n[a|b|c|d]\n:: what\n[a|b|c|d]".splitlines())}
    )
    words = grammar.Expander(rules, random.Random(1))
    assert len({words("who") for _ in range(30)}) == 1
    assert {words("what") for _ in range(60)} == {"a", "b", "c", "d"}


def test_the_command_writes_the_same_bytes_twice_and_counts_them(tmp_path: Path, capsys: Any) -> None:
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for file in files:
        call_command("generate_synthetic", "--count", "80", "--seed", "7", "--output", str(file), "--json")
    assert files[0].read_bytes() == files[1].read_bytes()
    report = json.loads(capsys.readouterr().out.split("\n}\n")[0] + "}")
    assert sum(report["crisis_type"].values()) == report["conversations"] == 80
    with pytest.raises(SystemExit, match="2"):
        call_command("generate_synthetic", "--count", "-1", "--output", str(tmp_path / "three.jsonl"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.jsonl", "two.jsonl"]
