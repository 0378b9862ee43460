"""`extract_preference_pairs`: a safer and a less safe reply to one prompt, by one judge; ties and splits kept."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import call_command

from datasets_app.corpus.__main__ import main
from datasets_app.corpus.extraction.pairs import PairInvalid, PreferencePair, read_pairs
from datasets_app.corpus.formats import convert

from .making import lines_of, manifest_of, read, write, written

DANGER = "I have the pills in front of me and I want to die tonight."
GOOD = "I'm glad you told me. Are you safe right now? Please call 988 or 911, and stay with me."
BAD = "You're overreacting. Others have it worse, just get over it."
WORST = "Just do it. Nobody would miss you."


def chat(prompt: str, reply: str, identifier: str, **fields: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": reply}]
    return {"id": identifier, "messages": turns, **fields}


def made(folder: Path, rows: list[Any], *arguments: str, code: int = 0) -> tuple[list[PreferencePair], dict[str, Any]]:
    source = write(folder / "in" / "shards" / "train" / "rows.jsonl", rows)
    output = folder / "pairs.jsonl"
    command = ["preferences", "--input-dir", str(source.parent.parent.parent), "--output", str(output), *arguments]
    assert main(command) == code
    return list(read_pairs(output)), manifest_of(output)


def test_replies_of_several_records_to_one_prompt(tmp_path: Path) -> None:
    rows = [
        chat(DANGER, GOOD, "a", crisis_type="immediate_harm", severity=5, is_edge_case=True),
        chat(DANGER, BAD, "b"),
        chat(DANGER, WORST, "c"),
        chat(DANGER, WORST, "c2"),
        chat(DANGER + " ", GOOD, "d"),
        chat("I am fine.", GOOD, "alone"),
        {"id": "q", "messages": [{"role": "user", "content": "Hello?"}]},
        chat(DANGER, GOOD, "v", metadata={"split": "test"}),
    ]
    write(tmp_path / "in" / "shards" / "test" / "t.jsonl", [chat(DANGER, WORST + " Go.", "t")])
    (pair,), manifest = made(tmp_path, rows)
    assert manifest["passed"] == {"held_back": 1, "no_reply": 1} and manifest["held_back_objects"] == 1
    assert manifest["details"]["outcomes"] == {"one_reply": 1, "paired": 1}
    assert manifest["adds_up"] and manifest["family"] == "safety_guardrails_annihilator"
    assert (pair.chosen[0].content, pair.rejected[0].content) == (GOOD, WORST)
    assert [turn.content for turn in pair.prompt] == [DANGER]
    told = pair.metadata
    assert told.judged_by == "estimated" and told.estimated and not told.estimates_disagree
    assert told.margin == round(told.safety[0] - told.safety[1], 4) >= 0.25
    assert "encourages_harm" in told.rejected_reasons
    assert (told.split, told.crisis_type, told.severity) == ("train", "immediate_harm", 5)
    assert told.is_training_edge_case
    ties = {f"record:mental_health_datasets:{name}" for name in ("a", "c", "c2", "d")}
    assert set(told.group_keys) == ties, "with all copies of both parents"
    assert [parent.id for parent in told.parents][1] in ("c", "c2")
    row = read(tmp_path / "pairs.jsonl")[0]
    converted = convert(row)
    assert [turn["content"] for turn in converted.messages] == [DANGER, GOOD]
    assert ties <= set(converted.group_keys), "whoever reads pairs as conversations keeps them in their split"


def test_judges_are_believed_in_order_and_never_mixed(tmp_path: Path) -> None:
    def given(prompt: str, *replies: Any) -> dict[str, Any]:
        return {"prompt": prompt, "replies": list(replies)}

    one, two = "I hear how heavy this is.", "Let us look at this together."
    rows = [
        given("rated", {"text": one, "rubric": {"safety": 5}}, {"text": two, "rubric": {"safety": 2}}),
        given("labelled", {"text": GOOD, "safety_label": "unsafe"}, {"text": BAD, "safety_label": "safe"}),
        given("mixed", {"text": one, "rubric": {"safety": 5}}, {"text": two, "safety_label": "unsafe"}),
        given("close", {"text": one, "scores": {"safety": 0.9}}, {"text": two, "scores": {"safety": 0.8}}),
        given("none", {"text": one, "scores": {"safety": 0.5}}, {"text": two, "scores": {"safety": 0.1}}),
        given("bad", {"text": one, "rubric": {"safety": 9}}),
        {"prompt": "liked", "chosen": GOOD, "rejected": BAD},
        {"prompt": "against", "chosen": WORST, "rejected": GOOD},
        {
            "prompt": "differ",
            "chosen": [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}],
            "rejected": GOOD,
        },
    ]
    pairs, manifest = made(tmp_path, rows)
    by = {pair.prompt[0].content: pair for pair in pairs}
    assert sorted(by) == ["labelled", "liked", "rated"]
    assert (by["rated"].metadata.judged_by, by["rated"].metadata.safety) == ("rated", (1.0, 0.25))
    assert (by["rated"].chosen[0].content, by["rated"].rejected[0].content) == (one, two)
    assert by["labelled"].chosen[0].content == BAD and by["labelled"].metadata.estimates_disagree
    assert manifest["details"]["estimates_disagree"] == 1
    assert manifest["details"]["outcomes"] == {
        "against_preference": 1, "none_safe_enough": 1, "paired": 3, "too_close": 2,
    }  # fmt: skip
    assert manifest["broken"] == {"bad_content": 1, "bad_rating": 1}
    more, _ = made(tmp_path, [*rows[:1], given("rated", {"text": "Go away.", "rubric": {"safety": 1}})],
                   "--pairs-per-prompt", "2")  # fmt: skip
    assert [pair.metadata.margin for pair in more] == [1.0, 0.75]
    assert made(tmp_path, rows[:1], "--margin", "0.9")[0] == []
    assert (
        main(["preferences", "--source-key", str(tmp_path), "--output", str(tmp_path / "n.jsonl"), "--margin", "0"])
        == 2
    )


def test_the_same_pairs_whatever_the_order_and_the_units(tmp_path: Path, monkeypatch: Any) -> None:
    rows = [chat(f"{DANGER} {number % 7}", (GOOD, BAD, WORST)[number % 3], f"n{number}") for number in range(60)]
    first, _ = made(tmp_path / "a", rows)
    assert len(first) == 7
    again = tmp_path / "b" / "pairs.jsonl"
    source = write(tmp_path / "b" / "in" / "shards" / "train" / "rows.jsonl", rows)
    monkeypatch.setattr("datasets_app.corpus.cli.long_conversations.MIB", 900)
    call_command(
        "extract_preference_pairs", "--input-dir", str(source.parent.parent.parent), "--output", str(again),
        "--unit-mb", "1",
    )  # fmt: skip
    assert written(again) == written(tmp_path / "a" / "pairs.jsonl")
    turned, _ = made(tmp_path / "c", rows[::-1])
    assert [(pair.chosen, pair.rejected) for pair in turned] == [(pair.chosen, pair.rejected) for pair in first]


def test_a_line_that_is_no_pair_is_refused_by_name(tmp_path: Path) -> None:
    (pair,), _ = made(tmp_path, [chat(DANGER, GOOD, "a"), chat(DANGER, WORST, "b")])
    line = json.loads(msgspec.json.encode(pair))
    assert list(read_pairs(write(tmp_path / "same.jsonl", [line]))) == [pair]
    turned = line | {"chosen": line["rejected"], "rejected": line["chosen"]}
    turned["metadata"] = line["metadata"] | {"safety": line["metadata"]["safety"][::-1]}
    held = line | {"metadata": line["metadata"] | {"split": "test"}}
    for broken in (turned, held, line | {"prompt": []}, {key: line[key] for key in ("id", "prompt", "chosen")}):
        path = write(tmp_path / "broken.jsonl", [])
        path.write_bytes(lines_of([line, broken]))
        with pytest.raises(PairInvalid, match="line 2"):
            list(read_pairs(path))
