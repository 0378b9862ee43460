"""Files: the report, what is written, and that no row is lost."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.dedup.making import LONG
from tests.paths import PROJECT_ROOT


def write(path: Path, rows: list[Any]) -> Path:
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    data = b"\n".join(lines) + b"\n"
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.fixture
def two_files(tmp_path: Path) -> list[Path]:
    """Four copies of one text (one exact, one in other words' order of rank), an edge case, a broken row."""
    first = [
        {"id": "a", "text": LONG},
        {"id": "b", "text": LONG.upper()},
        {"id": "c", "text": LONG + " today", "crisis_type": "none"},
        {"id": "d", "text": LONG + " today", "is_edge_case": True, "edge_case_kind": "metaphor"},
        b'{"text": broken',
    ]
    second = [
        {"id": "e", "text": LONG + " and again", "is_edge_case": True},
        {"id": "f", "text": "my brother left us"},
        {"id": "f", "text": "the exam went wrong"},
    ]
    return [write(tmp_path / "one.jsonl", first), write(tmp_path / "two.jsonl.gz", second)]


def command(*arguments: Any) -> tuple[int, str]:
    out = io.StringIO()
    real, sys.stdout = sys.stdout, out
    try:
        call_command("find_duplicates", *map(str, arguments))
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    finally:
        sys.stdout = real
    return 0, out.getvalue()


def test_a_dry_run_reports_and_writes_nothing(two_files: list[Path], tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    code, out = command(*two_files, "--json")
    report = json.loads(out)
    assert code == 1
    assert report["dry_run"] is True
    assert (report["rows"], report["unreadable"], report["contents"]) == (8, 1, 5)
    assert (report["exact"], report["near"], report["record_hash"], report["protected"]) == (2, 1, 1, 1)
    assert report["share"] == pytest.approx(3 / 7, abs=1e-6)
    assert report["meets_corpus_target"] is report["meets_release_target"] is False
    assert sorted(tmp_path.iterdir()) == before


def test_a_confirmed_run_writes_what_stays_and_what_goes(two_files: list[Path], tmp_path: Path) -> None:
    """The edge case among the copies stays, and its byte-identical twin, which ranks before it, gets its flag."""
    output = tmp_path / "clean.jsonl"
    code, out = command(*two_files, "--confirm", "--output", output, "--json")
    report = json.loads(out)
    assert code == 0
    kept = [json.loads(line) for line in output.read_text().splitlines()]
    removed = [json.loads(line) for line in (tmp_path / "clean.removed.jsonl").read_text().splitlines()]
    assert (report["kept"], report["removed"]) == (len(kept), len(removed))
    assert len(kept) + len(removed) == 8
    names = [row["id"] for row in kept]
    assert "e" in names
    assert names.count("f") == 2, "other content under one record hash goes only when asked for"
    [flagged] = [row for row in kept if row["id"] == "c"]
    assert flagged["is_edge_case"] is True
    assert sorted(row["reason"] for row in removed) == ["exact", "exact", "near", "unreadable"]
    places = {(row["input"], row["line"]) for row in removed}
    assert len(places) == 4
    for row in removed:
        if row["reason"] != "unreadable":
            assert (row["kept"]["input"], row["kept"]["line"]) not in places
            assert "winter" in row["raw"].lower()
    assert command(output)[0] == 1, "the record hash is still shared"


def test_record_hashes_go_when_confirmed(two_files: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "clean.jsonl"
    command(*two_files, "--confirm", "--record-hash", "--output", output)
    assert sum(json.loads(line)["id"] == "f" for line in output.read_text().splitlines()) == 1
    code, out = command(output, "--json")
    assert code == 0
    report = json.loads(out)
    assert (report["exact"], report["near"], report["record_hash"]) == (0, 0, 0)
    assert report["meets_release_target"] is True


def test_pairs_name_places_and_no_words(two_files: list[Path], tmp_path: Path) -> None:
    listed = tmp_path / "pairs.jsonl"
    command(*two_files, "--pairs", listed)
    pairs = [json.loads(line) for line in listed.read_text().splitlines()]
    assert sorted(pair["kind"] for pair in pairs) == ["exact", "exact", "near", "near", "record_hash"]
    assert sum(pair["protected"] for pair in pairs) == 1
    assert "winter" not in listed.read_text()
    assert {pair["copy"]["input"] for pair in pairs} <= {str(path) for path in two_files}


def test_the_order_of_files_changes_nothing(two_files: list[Path]) -> None:
    first, second = command(*two_files, "--json")[1], command(*reversed(two_files), "--json")[1]
    assert json.loads(first) == json.loads(second)


@pytest.mark.parametrize(
    "arguments",
    [["--confirm"], ["--output", "x.jsonl"], ["--record-hash"], ["--confirm", "--output", "FILE"]],
)
def test_wrong_use(two_files: list[Path], arguments: list[str]) -> None:
    named = [str(two_files[0]) if argument == "FILE" else argument for argument in arguments]
    before = two_files[0].read_bytes()
    assert command(two_files[0], *named)[0] == 2
    assert two_files[0].read_bytes() == before


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert command(tmp_path / "none.jsonl")[0] == 1


def test_rows_over_several_lines_become_one_line(tmp_path: Path) -> None:
    path = tmp_path / "array.json"
    path.write_text(json.dumps([{"text": LONG}, {"text": "my brother left us"}], indent=2))
    output = tmp_path / "clean.jsonl"
    assert command(path, "--confirm", "--output", output)[0] == 0
    assert [json.loads(line)["text"] for line in output.read_text().splitlines()] == [LONG, "my brother left us"]


def test_the_command_without_the_hub_says_the_same(two_files: list[Path]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "datasets_app.corpus", "duplicates", *map(str, two_files), "--json"],
        capture_output=True, text=True, cwd=PROJECT_ROOT, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (1, "")
    assert json.loads(ran.stdout) == json.loads(command(*two_files, "--json")[1])
