"""The integration suite: what it measures, what it says of a hub that is not right, and what the hub keeps of it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pixelhub_client.integration.report import Outcome, Report, share
from pixelhub_client.integration.run import run_suite
from pixelhub_client.integration.scenarios import scenarios
from pixelhub_client.integration.suite import TESTS

from inference.engine.scenarios import scenarios as engine_scenarios
from inference.management.commands import integration_suite
from inference.models import IntegrationRun
from inference.services import deployment_retire
from inference.services.integration import ReportRefused, integration_run_record
from pixelhub.accounts.models import ApiKey
from pixelhub.audit.models import AuditEvent
from review.facts.serving import serving_facts
from tests.inference.deployed import deploy
from tests.inference.service import Service
from tests.paths import PROJECT_ROOT
from tests.personas import World
from tests.ports import free_port
from tests.trained import Trained

#: Seconds for one answer, on a machine that is busy.
PATIENCE = 120.0
NAMES = [test.__name__ for test in TESTS]


def test_the_scenarios_are_the_engines() -> None:
    theirs = [entry for entry in engine_scenarios() if entry.group == "integration"]
    assert [(s.id, s.title, s.messages, s.crisis, s.bands, s.types) for s in scenarios()] == [
        (t.id, t.title, t.messages, t.expected.crisis, t.expected.bands, t.expected.types) for t in theirs
    ]
    assert (len(scenarios()), len(TESTS), len(set(NAMES))) == (18, 11, 11)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(13, 13, 0.7719, 1.0), (0, 4, 0.0, 0.4899), (5, 10, 0.2366, 0.7634)]
)
def test_intervals_are_wilsons(hits: int, of: int, low: float, high: float) -> None:
    found = share(hits, of)
    assert (found["low"], found["high"]) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))


@pytest.mark.slow
def test_a_hub_that_is_not_there_fails_every_test_but_the_one_about_that() -> None:
    report = asyncio.run(run_suite(f"http://127.0.0.1:{free_port()}", "phk_x_y", clients=2, requests=1, timeout=0.3))
    assert [outcome.name for outcome in report.outcomes] == NAMES
    assert [outcome.name for outcome in report.outcomes if outcome.passed] == ["fallback_is_marked"]
    details = {outcome.name: outcome.detail for outcome in report.outcomes}
    assert "gave no answer" in details["every_type"] and "gave no answer" in details["controls"]


def command(*arguments: str, key: str = "") -> subprocess.CompletedProcess[str]:
    source = str(PROJECT_ROOT / "clients" / "python" / "src")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTHON"))}
    return subprocess.run(
        [sys.executable, "-m", "pixelhub_client.integration", *arguments],
        env=environment | {"PYTHONPATH": source, "PIXELHUB_KEY": key},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_false_alarms_are_measured_and_fail_the_run(service: Service, url: str, tmp_path: Any) -> None:
    """The tiny model calls whatever it does not know a crisis."""
    where = [url, "--clients", "20", "--requests", "1"]
    done = command(*where, "--json", str(tmp_path / "r.json"), "--markdown", str(tmp_path / "r.md"), key=service.token)
    assert done.returncode == 1, done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    failed = {outcome["name"] for outcome in report["outcomes"] if not outcome["passed"]}
    assert failed == {"context_across_turns", "controls"}
    assert (report["passed"], report["total"]) == (9, 11)
    assert report["measured"]["false_alarms"] == share(4, 4) and report["measured"]["sensitivity"] == share(13, 13)
    said = (tmp_path / "r.md").read_text()
    assert "9 of 11 passed" in said and "| control-grief | no crisis | crisis," in said
    words = [message["content"] for scenario in scenarios() for message in scenario.messages]
    assert not any(text in said or text in done.stderr for text in words if len(text) > 12)
    assert service.token not in said + done.stderr + (tmp_path / "r.json").read_text()


def test_without_a_key_nothing_is_run() -> None:
    done = command("http://127.0.0.1:9")
    assert (done.returncode, "PIXELHUB_KEY" in done.stderr) == (2, True)


@pytest.mark.slow
@pytest.mark.training
def test_the_trained_model_in_production(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The model that this run trained, promoted and asked over HTTP; what it reaches is measured, not assumed."""
    files = {path.name: path.read_bytes() for path in trained.bundle_dir.iterdir() if path.is_file()}
    service = Service(tmp_path_factory.mktemp("promoted"), files)
    service.start()
    try:
        url = f"http://127.0.0.1:{service.port}"
        report = asyncio.run(run_suite(url, service.token, clients=20, requests=1, timeout=PATIENCE))
    finally:
        service.stop()
    outcomes = {outcome.name: outcome for outcome in report.outcomes}
    accuracy = {"every_type", "passive_ideation", "context_across_turns", "controls", "conversation_rising"}
    assert [name for name in NAMES if not outcomes[name].passed and name not in accuracy] == []
    assert report.measured["degraded_answers"] == 0
    sensitivity, alarms = report.measured["sensitivity"], report.measured["false_alarms"]
    print(f"measured: sensitivity {sensitivity}, false alarms {alarms}, {report.passed} of 11 passed")  # noqa: T201
    assert (sensitivity["of"], alarms["of"]) == (13, 4)
    assert sensitivity["value"] >= 0.95, "the rules' floor is under every model"


def document(world: World, *, passed: int = 11, served: str | None = None) -> dict[str, Any]:
    outcomes = tuple(
        Outcome(name, name, number < passed, "", {"clients": 100} if name == "load" else {})
        for number, name in enumerate(NAMES)
    )
    measured = {"bundle_sha256": served} if served else {}
    report: dict[str, Any] = json.loads(Report("http://hub", "now", 1.0, measured, outcomes).as_json())
    return report


def test_a_run_is_kept_as_evidence_for_the_board(world: World) -> None:
    deployment = deploy(world)
    assert serving_facts(world.project)["integration_tests"].value is None
    report = document(world, served=deployment.bundle_sha256)
    run = integration_run_record(project=world.project, report=report, actor=world.user("ml_engineer"))
    assert (run.passed, run.total, run.clients, run.deployment) == (11, 11, 100, deployment)
    facts = serving_facts(world.project)
    assert (facts["integration_tests"].value, facts["concurrent_clients"].value) == (11, 100)
    event = AuditEvent.objects.get(action="integration.record")
    assert json.loads(event.payload_json)["sha256"] == run.sha256
    deployment_retire(deployment=deployment, actor=None)
    assert serving_facts(world.project)["integration_tests"].value is None, "another version has to show it again"


SPOILED: list[dict[str, Any]] = [
    {"format": "x"},
    {"outcomes": []},
    {"outcomes": "all"},
    {"measured": {"bundle_sha256": "0" * 64}},
]


@pytest.mark.parametrize("change", SPOILED)
def test_what_is_no_report_of_this_version_is_refused(world: World, change: dict[str, Any]) -> None:
    deployment = deploy(world)
    report = document(world, served=deployment.bundle_sha256) | change
    with pytest.raises(ReportRefused):
        integration_run_record(project=world.project, report=report, actor=None)
    assert not IntegrationRun.objects.exists()


def test_the_command_takes_a_key_of_its_own_and_ends_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = deploy(world)
    world.user("ml_engineer")
    found = document(world, passed=10, served=deployment.bundle_sha256)
    monkeypatch.setattr(integration_suite.Command, "_run", lambda *_: found)
    said = StringIO()
    call_command("integration_suite", project=world.project.slug, stdout=said)
    assert "10 of 11 passed" in said.getvalue()
    assert [key.is_live for key in ApiKey.objects.all()] == [False]
    with pytest.raises(CommandError, match="no project"):
        call_command("integration_suite", project="nowhere")
