"""Rules of Prometheus: unit-tested by promtool, asking only for what is documented, each with its advice."""

import re

import pytest
import yaml

from tests.deploy.programs import program, said_by
from tests.monitoring.files import RULE_TESTS, RULES, alerts, documented, mistakes_in, recorded, rules
from tests.paths import PROJECT_ROOT


def test_promtool_accepts_the_rules() -> None:
    done = said_by([program("promtool"), "check", "rules", str(RULES)])
    assert done.returncode == 0, done.stderr
    assert f"SUCCESS: {len(rules())} rules found" in done.stdout


def test_each_alert_fires_when_it_must_and_only_then() -> None:
    done = said_by([program("promtool"), "test", "rules", *map(str, RULE_TESTS)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == len(RULE_TESTS) == 2


def test_no_alert_is_without_a_case_that_fires_and_one_that_does_not() -> None:
    fires, silent, healthy = set(), set(), set()
    for path in RULE_TESTS:
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for look in case["alert_rule_test"]:
                if look["exp_alerts"]:
                    fires.add(look["alertname"])
                elif case["name"].startswith("a healthy hub"):
                    healthy.add((path.name, look["alertname"]))
                else:
                    silent.add(look["alertname"])
    assert fires == silent == set(alerts())
    assert healthy == {(path.name, name) for path in RULE_TESTS for name in alerts()}


def test_what_was_asked_for_is_watched() -> None:
    watched = set(alerts())
    assert {"ScoringSlow", "ScoringVerySlow", "ScoringErrors", "ScoringFull", "DegradedAnswers", "Drift"} <= watched
    assert {"MissedCrisis", "CasesOverdue", "NoModelInProduction", "WorkerSilent", "JobsWaiting"} <= watched
    assert {"DiskFilling", "DiskAlmostFull", "AuditChainBroken", "BackupTooOld"} <= watched
    latency = {name: alerts()[name] for name in ("ScoringSlow", "ScoringVerySlow")}
    assert [(rule["expr"].split(" and ")[0], rule["labels"]["severity"]) for rule in latency.values()] == [
        ("pixelhub:score_seconds:p95 > 0.2", "warning"),
        ("pixelhub:score_seconds:p95 > 0.8", "critical"),
    ]


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_says_what_it_is_and_where_to_read_on(name: str) -> None:
    rule = alerts()[name]
    assert rule["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    page, anchor = rule["annotations"]["runbook"].split("#")
    headings = re.findall(r"^#+ (.+)$", (PROJECT_ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    anchors = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    assert anchors.count(anchor) == 1
    assert not rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["description"].endswith(".")


def test_only_documented_metrics_are_asked_for() -> None:
    assert len(documented()) > 20
    assert [mistake for rule in rules() for mistake in mistakes_in(rule["expr"])] == []
    assert [name for name in recorded() if not re.fullmatch(r"pixelhub:[a-z0-9_]+:[a-z0-9_]+", name)] == []


@pytest.mark.parametrize(
    ("expression", "mistake"),
    [
        ("sum(rate(pixelhub_request_total[5m]))", "no such metric"),
        ("sum(rate(pixelhub_request_seconds[5m]))", "no such metric"),
        ('pixelhub_requests_total{code="500"}', "has no label code"),
        ("sum by (queue) (pixelhub_models)", "by (queue)"),
        ("increase(pixelhub_queue_items[1h])", "increase of a gauge"),
        ("pixelhub:never_recorded:p95", "no such metric"),
    ],
)
def test_a_wrong_question_is_noticed(expression: str, mistake: str) -> None:
    assert any(mistake in found for found in mistakes_in(expression))


def test_the_alert_table_of_the_page_is_that_of_the_rules() -> None:
    page = (PROJECT_ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]\(runbook\.md#(\w+)\) \| (critical|warning) \| ([\w ]+) \|", page, re.MULTILINE)
    told = {name: (severity, held) for name, _, severity, held in rows}
    assert [name for name, anchor, _, _ in rows if anchor != name.lower()] == []
    assert told == {name: (rule["labels"]["severity"], rule.get("for", "at once")) for name, rule in alerts().items()}
