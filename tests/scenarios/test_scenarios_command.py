"""`manage.py scenarios`: the rules alone, a bundle of a folder, the version in production; the document."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from inference.engine import scenario_report
from inference.engine.scenarios import GROUPS, scenarios
from tests.inference.deployed import deploy
from tests.inference.tiny import tiny_files
from tests.paths import PROJECT_ROOT
from tests.personas import World


def run(*arguments: str) -> tuple[dict[str, Any], int]:
    """The command's JSON and its exit code."""
    out = StringIO()
    try:
        call_command("scenarios", *arguments, "--json", stdout=out)
    except SystemExit as ended:
        return json.loads(out.getvalue()), int(ended.code or 0)
    return json.loads(out.getvalue()), 0


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A folder with the tiny model, which knows none of the scenarios' words and calls everything none."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, data in tiny_files(bias=6.0).items():
        (folder / name).write_bytes(data)
    return folder


def test_the_rules_alone_never_say_no_crisis_and_the_exit_code_tells_of_misses() -> None:
    report, code = run()
    answers = [entry["rules"] for entry in report["scenarios"].values()]
    assert len(answers) == len(scenarios())
    assert {answer["verdict"] for answer in answers} == {"crisis", "unknown"}
    missed = [answer for answer in answers if "missed" in answer["wrong"]]
    assert code == bool(missed)
    assert report["groups"]["integration"]["rules"] == {"crises": 13, "called": 13, "controls": 4, "alarms": 0}


def test_a_bundle_is_asked_with_the_rules_beside_it(bundle: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    report, _ = run("--bundle", str(bundle), "--doc", str(page), "--name", "the tiny one")
    assert report["groups"]["boundary"]["model"]["alarms"] == 0
    raised = [entry["model"] for entry in report["scenarios"].values() if entry["model"]["raised_by_rules"]]
    assert len(raised) > 20
    assert all(answer["verdict"] == "crisis" for answer in raised)
    friend = report["scenarios"]["friend-in-danger"]["model"]
    assert (friend["verdict"], friend["alert_level"]) == ("no_crisis", "concern")
    text = page.read_text(encoding="utf-8")
    assert "the tiny one" in text
    assert "## What is still wrong" in text


def test_a_bundle_with_other_bytes_is_refused(bundle: Path) -> None:
    (bundle / "model.onnx").write_bytes(b"something else")
    with pytest.raises(CommandError, match=r"model\.onnx"):
        run("--bundle", str(bundle))
    with pytest.raises(CommandError, match=r"holds no bundle\.json"):
        run("--bundle", str(bundle.parent))


def test_the_version_in_production_is_asked(world: World) -> None:
    with pytest.raises(CommandError, match="nothing is in production"):
        run("--project", world.project.slug)
    deploy(world, bias=6.0)
    report, _ = run("--project", world.project.slug)
    assert report["groups"]["integration"]["model"]["called"] == 13
    with pytest.raises(CommandError, match="no project"):
        run("--project", "nowhere")


def test_the_document_is_of_these_scenarios_and_these_rules() -> None:
    """The page is made by hand of the command: this tells when it was forgotten."""
    text = (PROJECT_ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    found = scenario_report.outcomes()
    for line in scenario_report.as_markdown(found, "").splitlines():
        if line.startswith("- ") and "(`" in line:
            assert line in text
    rows = [line for line in text.splitlines() if line.startswith("| ") and line.count("|") == 6]
    summary = 1 + len(GROUPS)
    assert len(rows) == summary + len(GROUPS) + len(scenarios())
