"""Made-up conversations beside real ones: what is copied, long or foreign shows in the figures, and no words do."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from datasets_app.corpus.synthesis import generate_synthetic
from datasets_app.corpus.synthesis.diversity import measure, self_bleu
from datasets_app.corpus.synthesis.realism import beside, told_apart

Messages = list[dict[str, str]]


def spoken(*texts: str) -> Messages:
    return [{"role": "user", "content": text} for text in texts]


def some_words(count: int, seed: int, vocabulary: str) -> list[Messages]:
    rng = random.Random(seed)
    return [spoken(" ".join(rng.choices(vocabulary.split(), k=12))) for _ in range(count)]


def test_the_same_source_is_told_apart_by_chance_and_another_one_at_once() -> None:
    here, there = "rain tea bus cat song door lamp road", "invoice quarter margin audit ledger client tax fee"
    alike = told_apart(some_words(300, 1, here), some_words(300, 2, here))
    assert 0.4 < alike["auc_by_words"] < 0.6
    assert told_apart(some_words(100, 1, here), some_words(60, 2, there)) == {
        "of_each": 60, "auc_by_words": 1.0, "auc_by_length": 0.5
    }  # fmt: skip
    short = [spoken("rain tea") for _ in range(50)]
    assert told_apart(short, some_words(50, 3, here))["auc_by_length"] == 1.0
    with pytest.raises(ValueError, match="20"):
        told_apart(short[:19], short)


def test_diversity_falls_with_repetition_and_its_figures_can_be_counted() -> None:
    figures = measure([spoken("a b c a b", "d"), spoken("a b c a b", "d")]).as_json()
    assert figures["words_counted"] == 12
    assert figures["distinct_1"] == round(4 / 12, 4) and figures["distinct_2"] == round(4 / 10, 4)
    assert figures["user_turns_p10_p50_p90"] == [2, 2, 2] and figures["words_p10_p50_p90"] == [6, 6, 6]
    assert figures["self_bleu"] == 1.0
    assert figures["near_duplicate_rate"] == 0.5
    assert self_bleu([["a", "b", "c", "d"], ["e", "f", "g", "h"]]) < 0.4
    with pytest.raises(ValueError, match="nothing"):
        beside([], {})


def test_the_command_puts_every_file_in_a_column_and_prints_no_words(tmp_path: Path, capsys: Any) -> None:
    made, real = tmp_path / "made.jsonl", tmp_path / "posts.jsonl"
    made.write_text("".join(json.dumps(row) + "\n" for row in generate_synthetic(40, 3)))
    posts = some_words(30, 1, "pelican harbour trombone quartz umbrella")
    real.write_text("".join(json.dumps({"text": post[0]["content"]}) + "\n" for post in posts) + "not json\n")
    call_command("measure_synthetic", str(made), "--beside", str(real), "--json")
    figures = json.loads(capsys.readouterr().out)
    assert figures["made"]["conversations"] == 40 and list(figures["beside"]) == ["posts.jsonl"]
    assert figures["beside"]["posts.jsonl"]["conversations"] == 30
    assert figures["beside"]["posts.jsonl"]["told_apart"]["auc_by_words"] > 0.95
    call_command("measure_synthetic", str(made), "--beside", str(real))
    table = capsys.readouterr().out
    assert "| | made.jsonl | posts.jsonl |" in table and "pelican" not in table
    with pytest.raises(SystemExit, match="1"):
        call_command("measure_synthetic", str(made), "--beside", str(tmp_path / "none.jsonl"))
    real.write_text('{"text": "one alone"}\n')
    with pytest.raises(SystemExit, match="2"):
        call_command("measure_synthetic", str(made), "--beside", str(real))
    assert "20" in capsys.readouterr().err
