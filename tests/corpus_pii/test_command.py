"""`scan_pii` and `pii-eval`: reports that add up, output that is whole or absent, exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command

from datasets_app.corpus.cli import pii
from datasets_app.corpus.pii.presidio import PresidioMissing, load_analyzer, scan_twice
from tests.paths import PROJECT_ROOT

SAID = {"role": "user", "content": "My name is Anna, mail a@example.com"}
ROWS = [
    {"id": "a", "messages": [SAID], "note": "from my sister Anna Smith"},
    {"id": "b", "text": "I took 800 mg, call 988"},
    {"nothing": 1},
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS) + '{"text": "cut')
    return path


def command(*arguments: Any) -> int:
    try:
        call_command("scan_pii", *map(str, arguments))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_redact_writes_the_conversations_and_a_report_that_adds_up(source: Path, capsys: Any) -> None:
    output = source.with_name("out.jsonl")
    assert command(source, "--redact", "--output", output, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["read"], report["scanned"], report["quarantined"], report["with_findings"]) == (4, 2, 2, 1)
    assert report["kinds"] == {"email": 1, "personal_name": 1}
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert lines[0]["messages"][0]["content"] == "My name is [NAME_1], mail [EMAIL_1]"
    assert lines[1]["messages"][0]["content"] == "I took 800 mg, call 988"
    assert "Anna" not in output.read_text() and "example.com" not in output.read_text()


def test_without_redact_places_are_written_without_words_and_the_exit_code_says_found(
    source: Path, capsys: Any
) -> None:
    output = source.with_name("places.jsonl")
    assert command(source, "--output", output) == 1
    assert "1 conversations with identifiers" in capsys.readouterr().out
    first = json.loads(output.read_text().splitlines()[0])
    assert (first["line"], [found["kind"] for found in first["findings"]]) == (1, ["personal_name", "email"])
    assert "Anna" not in output.read_text()


def test_wrong_use_is_exit_two_and_an_unreadable_file_one(source: Path, capsys: Any) -> None:
    assert command(source, "--redact") == 2
    assert command() == 2
    assert command(source, "--output", source) == 2
    assert command("--evaluate", source) == 2
    assert command(source.with_name("missing.jsonl")) == 1
    assert "does not exist" in capsys.readouterr().err
    assert json.loads(source.read_text().splitlines()[0]) == ROWS[0]


def test_a_failed_run_leaves_no_output(source: Path) -> None:
    output = source.with_name("out.jsonl")
    assert command(source, source.with_name("missing.jsonl"), "--redact", "--output", output) == 1
    assert sorted(path.name for path in source.parent.iterdir()) == ["in.jsonl"]


def test_figures_are_printed_per_kind_with_intervals(capsys: Any) -> None:
    assert command("--evaluate", "--half", "held_out", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["half"] == "held_out" and len(figures["kinds"]) == 9
    low, high = figures["kinds"]["phone"]["recall_interval"]
    assert 0 < low < figures["kinds"]["phone"]["recall"] <= high <= 1
    assert command("--evaluate") == 0
    assert "personal_name" in capsys.readouterr().out


def test_runs_without_the_hub(source: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "datasets_app.corpus", *arguments]
        return subprocess.run(line, capture_output=True, text=True, cwd=PROJECT_ROOT)

    found = run("scan-pii", str(source), "--json")
    assert found.returncode == 1 and json.loads(found.stdout)["findings"] == 2
    assert json.loads(run("pii-eval", "--json", "--half", "developed").stdout)["cases"] > 300


class Stub:
    """Stands for Presidio: finds the word Grace and, where our own search found something, the whole text."""

    def analyze(self, text: str, language: str, entities: list[str], score_threshold: float) -> list[Any]:
        assert "DATE_TIME" not in entities and "URL" not in entities
        found = [SimpleNamespace(start=0, end=len(text), entity_type="PERSON", score=0.4)] if "@" in text else []
        place = text.find("Grace")
        if place >= 0:
            found.append(SimpleNamespace(start=place, end=place + 5, entity_type="PERSON", score=0.85))
        return found


def test_a_second_look_adds_names_and_takes_nothing_away() -> None:
    messages = [{"role": "user", "content": "Grace said: ask my sister Anna, a@example.com"}]
    findings = scan_twice(messages, Stub())
    assert [(f.kind, f.placeholder) for f in findings] == [
        ("personal_name", "[NAME_2]"), ("personal_name", "[NAME_1]"), ("email", "[EMAIL_1]"),
    ]  # fmt: skip


def test_presidio_that_is_not_installed_is_said_plainly(source: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(PresidioMissing, match="not installed"):
        load_analyzer()
    assert command(source, "--presidio") == 1
    assert "pip install" in capsys.readouterr().err


def test_presidio_is_used_where_it_is_asked_for(source: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(pii, "load_analyzer", lambda model: Stub())
    source.write_text(json.dumps({"text": "Grace left"}) + "\n")
    assert command(source, "--json") == 0
    assert command(source, "--presidio", "--json") == 1
    assert capsys.readouterr().out.count('"personal_name": 1') == 1
