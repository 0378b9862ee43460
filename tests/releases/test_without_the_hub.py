"""`python -m datasets_app.corpus quality|compare|verify` on folders: exit codes, JSON on stdout alone."""

import json
from pathlib import Path

import pytest

from datasets_app.corpus.__main__ import main
from tests.releases.making import line, plain, said, write


def test_compare_exits_1_when_the_test_split_was_trained_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = write(tmp_path / "old", [*plain(40), line(said(900), split="train")])
    new = write(tmp_path / "new", [*plain(40), line(said(900), split="test")], version="2.0.0")
    assert main(["compare", str(old), str(old)]) == 0
    assert "the test split is unseen" in capsys.readouterr().out
    assert main(["compare", str(old), str(new), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["contamination"]["trained_before_tested_now"]["count"] == 1
    assert main(["compare", str(old), str(new), "--no-near-duplicates"]) == 1
    assert "CONTAMINATED: 1" in capsys.readouterr().out
    assert main(["compare", str(old), str(tmp_path / "nowhere")]) == 2
    (tmp_path / "empty").mkdir()
    assert main(["compare", str(old), str(tmp_path / "empty")]) == 1
    assert capsys.readouterr().out == ""


def test_quality_reports_the_sample_and_fails_where_a_metric_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(tmp_path / "r", plain(60))
    assert main(["quality", str(root), "--sample", "40", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["records"], report["sample"]) == (60, 40)
    cold = [line(said(n), reply="Snap out of it.") for n in range(100, 140)]
    assert main(["quality", str(write(tmp_path / "cold", cold))]) == 1
    assert "Empathy" in capsys.readouterr().out
    assert main(["quality", str(tmp_path / "nowhere")]) == 2
    assert main(["quality", str(root), "--sample", "0"]) == 2
    (root / "manifest.json").write_text("{}")
    assert main(["quality", str(root)]) == 1


def test_verify_shows_the_gates_and_searches_near_duplicates_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = said(77, 120)
    root = write(tmp_path / "r", [*plain(40), line(words), line(f"{words} again", split="test")])
    assert main(["verify", str(root)]) == 0
    assert "gate leakage: pass" in capsys.readouterr().out
    assert main(["verify", str(root), "--near-duplicates"]) == 1
    assert "the release fails the gate leakage" in capsys.readouterr().out
