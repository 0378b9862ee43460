"""Grafana's dashboards: whole, no panel over another, asking what promtool parses and the page documents."""

import re
from pathlib import Path

import pytest
import yaml

from tests.deploy.programs import program, said_by
from tests.monitoring.files import DASHBOARDS, alerts, asked_by, dashboard, mistakes_in

SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def test_there_is_one_for_scores_one_for_safety_one_for_the_hub() -> None:
    assert [path.stem for path in DASHBOARDS] == ["pixelhub-hub", "pixelhub-safety", "pixelhub-scoring"]
    assert len({dashboard(path)["title"] for path in DASHBOARDS}) == len(DASHBOARDS)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path: Path) -> None:
    board = dashboard(path)
    # the file's name is its address in Grafana: links hold
    assert board["uid"] == path.stem
    assert "id" not in board
    assert board["schemaVersion"] >= 39
    assert board["tags"] == ["pixelhub"]
    (variable,) = board["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == ("datasource", "datasource", "prometheus")
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells
        if panel["type"] == "row":
            continue
        assert panel["type"] in ("stat", "timeseries", "table"), panel["title"]
        assert panel["title"] and panel["description"].endswith("."), panel["title"]
        assert panel["datasource"] == SOURCE
        assert panel["targets"], panel["title"]
        assert all(target["datasource"] == SOURCE for target in panel["targets"])
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references)
        # a line without a name, where there are several, says nothing
        assert panel["type"] != "timeseries" or all(target["legendFormat"] for target in panel["targets"])


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_only_documented_metrics_are_asked_for(path: Path) -> None:
    assert [mistake for expression in asked_by(path) for mistake in mistakes_in(expression)] == []


def test_every_question_is_promql(tmp_path: Path) -> None:
    asked = [expression for path in DASHBOARDS for expression in asked_by(path)]
    assert len(asked) > 50
    every = [{"record": f"asked:{number}", "expr": expression} for number, expression in enumerate(asked)]
    file = tmp_path / "asked.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": every}]}), encoding="utf-8")
    done = said_by([program("promtool"), "check", "rules", str(file)])
    assert done.returncode == 0, done.stderr
    assert f"SUCCESS: {len(asked)} rules found" in done.stdout


def test_each_alert_is_shown_on_a_dashboard() -> None:
    shown = set()
    for path in DASHBOARDS:
        for expression in asked_by(path):
            for pattern in re.findall(r'ALERTS\{alertname=~"([^"]+)"\}', expression):
                named = {name for name in alerts() if re.fullmatch(pattern, name)}
                assert all(any(re.fullmatch(part, name) for name in named) for part in pattern.split("|")), pattern
                shown |= named
    assert shown == set(alerts())
