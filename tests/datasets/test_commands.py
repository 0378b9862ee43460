"""The command line: import, compile, verify."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from datasets_app.models import ImportBatch, Record
from pixelhub.objects import get_store
from tests.datasets.making import jsonl, published, synthetic
from tests.personas import World


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def importing(path: Path, *more: str, project: str = "alpha") -> str:
    return run("import_records", str(path), "--project", project, "--source", "real", "--family", "sarcasm", *more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "in"
    root.mkdir()
    (root / "a.jsonl").write_bytes(jsonl([{"text": "one"}, {"text": "two"}, {"x": 1}]))
    (root / "b.json").write_bytes(json.dumps([{"text": "two"}, {"text": "three"}]).encode())
    (root / "notes.md").write_text("not data")
    return root


def test_folder_is_imported_and_adds_up(world: World, folder: Path) -> None:
    report = json.loads(importing(folder, "--json", "--licence", "MIT", "--consent", "public"))
    assert [item["file"] for item in report["files"]] == ["a.jsonl", "b.json"]
    assert report["total"] == {"read": 5, "accepted": 3, "duplicates": 1, "quarantined": 1, "adds_up": True}
    assert report["files"][0]["reasons"] == {"unknown_format": 1}
    assert get_store().exists(report["files"][0]["quarantine_key"])
    assert ImportBatch.objects.filter(licence="MIT", consent_basis="public", state="done").count() == 2
    again = json.loads(importing(folder, "--json"))
    assert again["total"] == {"read": 5, "accepted": 0, "duplicates": 4, "quarantined": 1, "adds_up": True}


def test_dry_run_reports_the_same_and_writes_nothing(world: World, folder: Path) -> None:
    report = json.loads(importing(folder / "a.jsonl", "--dry-run", "--json"))
    assert report["total"] == {"read": 3, "accepted": 2, "duplicates": 0, "quarantined": 1, "adds_up": True}
    assert not ImportBatch.objects.exists() and not Record.objects.exists()
    assert "Nothing was written" in importing(folder, "--dry-run")


def test_errors_say_what_to_do(world: World, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no project “gamma”. There are: alpha, beta"):
        importing(folder, project="gamma")
    with pytest.raises(CommandError, match="does not exist"):
        importing(tmp_path / "nowhere")
    with pytest.raises(CommandError, match=r"only \.jsonl"):
        importing(folder / "notes.md")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match=r"no .jsonl"):
        importing(tmp_path / "empty")
    (tmp_path / "void.jsonl").write_bytes(b"")
    with pytest.raises(CommandError, match="empty"):
        importing(tmp_path / "void.jsonl")
    with pytest.raises(CommandError, match="--project"):
        run("import_records", str(folder), "--source", "real", "--family", "sarcasm")


def test_release_is_compiled_and_verified_in_every_place(world: World, tmp_path: Path) -> None:
    synthetic(world.project, 60)
    with pytest.raises(CommandError, match="no published label snapshot"):
        run("compile_release", "1.0.0", "--project", "alpha")
    published(world.project)
    result: dict[str, Any] = json.loads(run("compile_release", "1.0.0", "--project", "alpha", "--seed", "4", "--json"))
    assert result["counts"]["total"] == 60 and result["gates"]["leakage"]
    with pytest.raises(CommandError, match="exists already"):
        run("compile_release", "1.0.0", "--project", "alpha")
    assert run("verify_release", "1.0.0", "--project", "alpha").startswith("ok")
    copy = tmp_path / "copy"
    get_store().download_tree(result["object_prefix"], copy)
    assert run("verify_release", str(copy)).startswith("ok")
    assert json.loads(run("verify_release", f"file://{copy}", "--json"))["ok"] is True
    (copy / "README.md").write_text("changed")
    with pytest.raises(SystemExit) as stopped:
        run("verify_release", str(copy))
    assert stopped.value.code == 1
    with pytest.raises(CommandError, match="neither a folder"):
        run("verify_release", str(tmp_path / "nowhere"))
    with pytest.raises(CommandError, match="no published release"):
        run("verify_release", "9.9.9", "--project", "alpha")
