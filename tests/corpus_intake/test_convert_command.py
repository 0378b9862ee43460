"""`convert_records` and `corpus convert`: a report that adds up, records that validate, files that appear whole."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.__main__ import main
from datasets_app.corpus.conversion import ConversionSettings, ConvertedRecord, convert_files
from datasets_app.corpus.reading import read_rows
from tests.paths import PROJECT_ROOT

from . import making

GOOD = {"id": "a", "author": "u1", "messages": [{"role": "user", "content": "I feel low."}], "weight": 2}
COPY = {"id": "b", "author": "u2", "text": "i feel  LOW.", "is_edge_case": True, "edge_case_kind": "sarcasm"}


def run(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, dict[str, Any]]:
    """Exit code and report of `corpus convert --json`."""
    code = main(["convert", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def written(path: Path, *rows: Any) -> Path:
    """A JSONL file of these rows; bytes go in as they are."""
    path.write_bytes(b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows))
    return path


def records(path: Path) -> list[ConvertedRecord]:
    """The records of a converted file, checked against the published schema's type."""
    decoder = msgspec.json.Decoder(ConvertedRecord)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]


def test_report_adds_up_and_quarantine_says_where_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path / "in.jsonl", GOOD, b"\xff", {"a": "secret words"}, COPY, b"")
    out = tmp_path / "deep" / "out.jsonl"
    code, report = run(capsys, source, "--output", out, "--family", "addiction", "--licence", "MIT")
    assert code == 0
    assert (report["read"], report["accepted"], report["duplicates"], report["quarantined"]) == (4, 1, 1, 2)
    assert report["adds_up"] and report["formats"] == {"chatml": 1}
    assert report["reasons"] == {"invalid_utf8": 1, "unknown_format": 1}
    refused = [json.loads(line) for line in (out.parent / "out.quarantine.jsonl").read_bytes().splitlines()]
    data = source.read_bytes()
    assert [(row["line"], row["reason"]) for row in refused] == [(2, "invalid_utf8"), (3, "unknown_format")]
    assert data[refused[1]["byte_offset"] :].startswith(refused[1]["raw"].encode())
    assert refused[0]["raw_base64"] == "/w==" and "secret" not in refused[1]["detail"]


def test_output_validates_against_the_published_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labelled = {"text": "pills", "crisis_type": "substance", "severity": 4, "tools": [{"a": None}]}
    source = written(tmp_path / "in.jsonl", GOOD, COPY, labelled)
    run(capsys, source, "--output", tmp_path / "out.jsonl")
    schema = json.loads((PROJECT_ROOT / "docs" / "schema" / "record.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert len(lines) == 2
    for line in lines:
        validator.validate(line)
    lines[0]["messages"][0]["role"] = "nobody"
    assert not validator.is_valid(lines[0])


def test_record_keeps_all_and_takes_over_what_its_copies_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "in.jsonl", GOOD, COPY)
    run(capsys, source, "--output", tmp_path / "out.jsonl", "--family", "addiction", "--licence", "MIT")
    (record,) = records(tmp_path / "out.jsonl")
    metadata = record.metadata
    assert (metadata.is_training_edge_case, metadata.edge_case_kind) == (True, "sarcasm")
    assert set(metadata.group_keys) == {
        "author:addiction:u1", "record:addiction:a", "author:addiction:u2", "record:addiction:b",
    }  # fmt: skip
    assert metadata.origin["input"] == {"id": "a", "author": "u1", "weight": 2}
    assert (metadata.provenance.file, metadata.provenance.line, metadata.provenance.licence) == ("in.jsonl", 1, "MIT")


def test_converting_the_output_again_changes_no_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labelled = {"text": "pills", "crisis_type": "substance", "severity": 4, "conversation_id": "c"}
    source = written(tmp_path / "in.jsonl", GOOD, COPY, labelled, {"text": "donâ€™t \u0007 stop"})
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    assert run(capsys, source, "--output", first, "--family", "addiction")[1]["accepted"] == 3
    assert run(capsys, first, "--output", second, "--family", "addiction")[1]["accepted"] == 3
    for before, after in zip(records(first), records(second), strict=True):
        assert after.messages == before.messages
        assert (after.id, after.crisis_type, after.severity) == (before.id, before.crisis_type, before.severity)
        assert after.metadata.content_hash == before.metadata.content_hash
        assert after.metadata.is_training_edge_case == before.metadata.is_training_edge_case
        assert set(before.metadata.group_keys) <= set(after.metadata.group_keys)


def test_same_input_gives_the_same_bytes_and_no_stale_quarantine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = written(tmp_path / "in.jsonl", GOOD, b"{"), tmp_path / "out.jsonl"
    run(capsys, source, "--output", out)
    before = out.read_bytes()
    run(capsys, source, "--output", out)
    assert out.read_bytes() == before
    written(source, GOOD)
    assert run(capsys, source, "--output", out)[1]["quarantine"] == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_folder_of_many_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("Client: one\nTherapist: yes\n---\nnot a dialogue\n")
    (folder / "b.csv.gz").write_bytes(gzip.compress(b"prompt,response\ntwo,yes\n"))
    (folder / "c.json").write_text(json.dumps([{"text": "three"}, 7]))
    (folder / "d.pdf").write_bytes(b"never read")
    code, report = run(capsys, folder, "--output", tmp_path / "out.jsonl")
    assert (code, report["read"], report["accepted"], report["quarantined"]) == (0, 5, 3, 2)
    assert report["formats"] == {"client_therapist": 1, "pair": 1, "text": 1}


def test_rules_are_switches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path / "in.jsonl", GOOD, {"posts": ["x", "y"]}, {"text": "z", "role": "assistant"})
    out = tmp_path / "out.jsonl"
    assert run(capsys, source, "--output", out)[1]["reasons"] == {"posts_not_dialogue": 1, "no_user_turn": 1}
    assert run(capsys, source, "--output", out, "--posts-as-turns", "--without-user")[1]["accepted"] == 3
    assert run(capsys, source, "--output", out, "--posts-as-turns", "--min-turns", 2)[1]["accepted"] == 1
    assert run(capsys, source, "--output", out, "--posts-as-turns", "--alternating")[1]["accepted"] == 1


def test_wrong_use_and_unreadable_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path / "in.jsonl", GOOD)
    assert main(["convert", str(source), "--output", str(tmp_path / "o.jsonl"), "--min-turns", "-1"]) == 2
    assert main(["convert", str(tmp_path / "none.jsonl"), "--output", str(tmp_path / "o.jsonl")]) == 1
    assert main(["convert", str(source), "--output", str(source)]) == 1
    assert source.read_bytes() == json.dumps(GOOD).encode() + b"\n"
    assert "would overwrite" in capsys.readouterr().err
    assert not (tmp_path / "o.jsonl").exists()


def test_management_command_prints_the_same_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path / "in.jsonl", GOOD, b"{")
    call_command("convert_records", str(source), "--output", str(tmp_path / "out.jsonl"), "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["read"], report["accepted"], report["quarantined"], report["adds_up"]) == (2, 1, 1, True)
    with pytest.raises(SystemExit) as stopped:
        call_command("convert_records", str(tmp_path / "none.jsonl"), "--output", str(tmp_path / "out.jsonl"))
    assert stopped.value.code == 1


@settings(max_examples=60)
@given(st.lists(making.RAW | st.binary(max_size=30), max_size=8))
def test_every_row_has_one_outcome(tmp_path_factory: pytest.TempPathFactory, raws: list[bytes]) -> None:
    folder = tmp_path_factory.getbasetemp() / "outcomes"
    folder.mkdir(exist_ok=True)
    source = folder / "in.jsonl"
    source.write_bytes(b"\n".join(raws))
    report = convert_files([source], folder / "out.jsonl", ConversionSettings(family="addiction"))
    assert report.adds_up
    assert report.read == len(list(read_rows(io.BytesIO(source.read_bytes()), source.name)))
    assert len(records(folder / "out.jsonl")) == report.accepted
    if report.quarantined:
        assert len(Path(report.quarantine).read_bytes().splitlines()) == report.quarantined
