"""`risk` and `assess_risk`: findings per conversation without words, counts, evaluation, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from datasets_app.corpus.__main__ import main

CRISIS = {
    "id": "c1",
    "messages": [{"role": "user", "content": "I want to kill myself"}, {"role": "assistant", "content": "Oh."}],
}
CALM = {"id": "c2", "text": "I feel fine, we had soup"}
POSTS = {"id": "c3", "posts": ["I feel low", "I wish I was dead"]}


def written(folder: Path, *rows: object) -> Path:
    path = folder / "in.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def test_one_line_a_conversation_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["risk", str(written(tmp_path, CRISIS, CALM, POSTS, "{broken"))]) == 1
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert [line.get("id") for line in lines] == ["c1", "c2", "c3", None]
    assert [line["line"] for line in lines] == [1, 2, 3, 4]
    assert [line["assessment"]["severity"] for line in lines[:3]] == [3, None, 3]
    assert [gate["reason"] for gate in lines[0]["gates"]] == ["unanswered"]
    assert lines[3]["rejected"] == "invalid_json"
    assert "kill" not in captured.out.replace("want_kill_self", "")
    assert json.loads(captured.err)["crises"] == 2


def test_json_prints_the_counts_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.jsonl"
    assert main(["risk", str(written(tmp_path, CALM)), "--output", str(output), "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert (counts["read"], counts["assessed"], counts["rejected"], counts["crises"]) == (1, 1, 0, 0)
    assert counts["risk_levels"] == {"none": 1}
    assert len(output.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["x.jsonl", "--evaluate"], 2),
        (["x.jsonl", "--json"], 2),
        (["nowhere.jsonl"], 1),
        (["--evaluate", "--folder", "nowhere"], 1),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["risk", *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_evaluation_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sad.jsonl").write_text('{"text": "work is hard"}\n{"text": "a test"}\n')
    assert main(["risk", "--evaluate", "--folder", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["sets"]) == {"sad"}
    assert report["speed"]["harmless"]["texts"] == 2


def test_the_same_in_the_hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, CRISIS)
    with pytest.raises(SystemExit) as stopped:
        call_command("assess_risk", str(path))
    assert stopped.value.code == 1
    from_hub = capsys.readouterr().out
    main(["risk", str(path)])
    assert from_hub == capsys.readouterr().out
    assert call_command("assess_risk", str(written(tmp_path, CALM))) is None
