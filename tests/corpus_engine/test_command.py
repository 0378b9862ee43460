"""`python -m datasets_app.corpus compile`: the report on stdout, exit codes."""

import json
from pathlib import Path

import pytest

from datasets_app.corpus.__main__ import main

from .making import rows, write


def compile_into(folder: Path, source: Path, *options: str) -> int:
    return main(["compile", str(source), "--family", "sarcasm", "--output", str(folder), *options])


def test_compile_prints_a_report_and_its_release_verifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.jsonl", [*rows(50), b"{broken\n"])
    assert compile_into(tmp_path / "v1", source, "--json", "--engine", "pool", "--workers", "2") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["read"] == report["accepted"] + report["duplicates"] + report["quarantined"]
    assert report["quarantined"] == 1
    assert main(["verify", str(tmp_path / "v1"), "--manifest-sha256", report["manifest_sha256"]]) == 0
    assert compile_into(tmp_path / "v2", source) == 0
    said = capsys.readouterr().out
    assert report["manifest_sha256"] in said
    assert f"read {report['read']} = accepted {report['accepted']}" in said


def test_wrong_use_is_2_and_a_failed_compile_is_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.jsonl", rows(20))
    assert compile_into(tmp_path / "a", tmp_path / "nowhere.jsonl") == 2
    assert compile_into(tmp_path / "a", source, "--shares", "0.7/0.3") == 2
    assert compile_into(tmp_path / "a", source, "--shares", "0.7/0.2/0.2") == 2
    with pytest.raises(SystemExit) as ended:
        compile_into(tmp_path / "a", source, "--engine", "abacus")
    assert ended.value.code == 2
    assert compile_into(tmp_path / "a", write(tmp_path / "none.jsonl", [b"{}\n"])) == 1
    assert not (tmp_path / "a").exists()
    assert compile_into(tmp_path / "a", source) == 0
    assert compile_into(tmp_path / "a", source) == 1
    assert "never overwritten" in capsys.readouterr().err
