"""The monitoring page: who sees it, what it says of each figure, and what it says when nobody watches."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inference import selectors_drift
from inference.models import MonitorWatch
from inference.services import figures_judge, figures_judge_when_due
from inference.services.monitor_alerts import JUDGED_EVERY
from inference.watch import watch_figures
from tests.inference.deployed import deploy
from tests.inference.monitored import answered, mixed, write
from tests.inference.test_drift import SCORES, log, reference
from tests.personas import World

URL = "/inference/monitoring/"


def test_who_sees_it_and_what_it_says(world: World) -> None:
    now = timezone.now()
    for role in ("pm", "ml_engineer", "qa", "clinical_lead", "administrator"):
        assert world.client(role).get(URL).status_code == 200
    for role in ("annotator", "data_engineer", "api_client"):
        assert world.client(role).get(URL).status_code == 403
    qa = world.client("qa")
    empty = qa.get(URL).content.decode()
    assert "Nobody asked within this window" in empty and "Nobody judges these figures" in empty
    watch_figures()
    assert "Nobody judges these figures" not in qa.get(URL).content.decode(), "an idle hub is watched too"
    assert 'href="/inference/monitoring/"' in qa.get("/").content.decode()

    write(mixed(world.project, 200, now=now, seed=4), now=now)
    assert figures_judge_when_due(now=timezone.now() + JUDGED_EVERY)
    page = qa.get(URL, {"window": "1h"})
    body = page.content.decode()
    assert "Nobody judges these figures" not in body
    states = {line.judged.name: (str(line.state), line.value) for line in page.context["lines"]}
    assert states["missed"] == ("ok", "0")
    assert states["degraded_share"][0] == "warning"
    assert states["false_alarms_share"] == ("not_enough_data", "–")
    assert (
        "Past a limit now" in body and "Degraded answers" in body and "The model failed on this conversation." in body
    )
    assert body.count("plots/") == 2
    speed = qa.get(URL, {"tab": "performance", "window": "1h"})
    assert {line.judged.name for line in speed.context["lines"]} == {"p95_ms", "server_error_share"}
    assert {row["name"] for row in speed.context["versions"]} == {"1.0.0", "1.1.0", "Rules alone"}
    assert speed.context["figures"].performance["requests"] == 200

    only = qa.get(URL, {"window": "nonsense", "tab": "nonsense"}, headers={"HX-Request": "true"}).content.decode()
    assert only.lstrip().startswith('<div id="monitoring"') and "<html" not in only
    for name in ("levels", "answers", "latency", "traffic"):
        svg = qa.get(f"{URL}plots/{name}.svg?window=1h")
        assert svg["Content-Type"] == "image/svg+xml" and b"<path" in svg.content
    assert qa.get(f"{URL}plots/nothing.svg").status_code == 404
    assert world.client("annotator").get(f"{URL}plots/levels.svg").status_code == 403
    # Another project sees nothing of it.
    assert "Nobody asked within this window" in world.outsider_client("qa").get(URL).content.decode()


def test_it_says_when_the_watch_stands_still(world: World) -> None:
    now = timezone.now()
    answered(world.project, 30, now=now)
    assert figures_judge_when_due(now=now)
    assert not figures_judge_when_due(now=now + timedelta(seconds=5)), "another worker has just looked"
    MonitorWatch.objects.update(judged_at=now - timedelta(minutes=10))
    assert "Nobody judges these figures" in world.client("qa").get(URL).content.decode()


@pytest.mark.parametrize(("past", "level"), [(199.0, None), (201.0, "warning"), (801.0, "critical")])
def test_the_limits_of_the_spec(world: World, past: float, level: str | None) -> None:
    now = timezone.now()
    answered(world.project, 90, now=now, latency_ms=10.0)
    answered(world.project, 10, now=now, latency_ms=past)
    figures_judge(project=world.project, now=now)
    page = world.client("ml_engineer").get(URL, {"tab": "performance", "window": "1h"})
    assert [row.alert.level for row in page.context["alerts"]] == ([level] if level else [])


def test_drift_of_what_is_in_production(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors_drift, "_known", {})
    qa = world.client("qa")
    deployment = deploy(world)
    answered(world.project, 1, now=timezone.now())
    assert "No reference" in qa.get(URL).content.decode()
    reference(deployment)
    log(deployment, [0.8 + score / 10 for score in SCORES], at=timezone.now() - timedelta(hours=1))
    monkeypatch.setattr(selectors_drift, "_known", {})
    figures_judge(project=world.project)
    page = qa.get(URL)
    assert [row.state for row in page.context["drift"]] == [
        "Another population",
        "As in validation",
        "As in validation",
    ]
    (alert,) = page.context["alerts"]
    assert (alert.judged.label, alert.alert.level, alert.limit) == ("Drift from validation", "warning", "0.25")
