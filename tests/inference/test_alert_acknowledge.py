"""An alert: opened by a look at the figures, acknowledged by a person with a note, ended by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from inference.actions_alerts import alert_actions
from inference.models import Alert, AnswerSlot
from inference.refusals import AlertInvalid, AlertRefused
from inference.services import MissedReport, alert_acknowledge, figures_judge, missed_case_report
from pixelhub.audit.models import AuditEvent
from pixelhub.live.models import Revision
from tests.inference.monitored import answered
from tests.personas import World

SECRET = "heron-on-the-pier"


def degraded(world: World, now: datetime) -> Alert:
    answered(world.project, 40, now=now, degraded=True, reason="model_slow")
    figures_judge(project=world.project, now=now)
    return Alert.objects.get(rule="degraded_share", ended_at=None)


def test_from_opening_to_its_end(world: World) -> None:
    now = timezone.now()
    alert = degraded(world, now)
    assert (alert.level, alert.value, alert.limit) == ("warning", 1.0, 0.05)
    figures_judge(project=world.project, now=now + timedelta(seconds=20))
    assert Alert.objects.count() == 1, "the same crossing is one event"
    assert Revision.objects.filter(topic=f"project:{world.project.pk}:alerts").exists()

    qa, url = world.client("qa"), f"/inference/monitoring/alerts/{alert.pk}/"
    home = qa.get("/").content.decode()
    assert "Warning alerts" in home and "Degraded answers: past the limit" in home
    assert "Acknowledge" in qa.get(url).content.decode()
    assert qa.post(url, {"note": "  "}).status_code == 400
    assert world.client("pm").get(url).status_code == 200
    assert world.client("pm").post(url, {"note": "mine"}).status_code == 403
    assert world.outsider_client("qa").get(url).status_code == 404
    assert world.outsider_client("qa").post(url, {"note": "mine"}).status_code == 404
    assert qa.post(url, {"note": f"Restarting the model. {SECRET}"}).status_code == 302
    assert SECRET in qa.get(url).content.decode()
    assert qa.post(url, {"note": "again"}).status_code == 400
    assert "Warning alerts" not in qa.get("/").content.decode()

    # Well again for five minutes: it ends by itself, and not before.
    AnswerSlot.objects.update(degraded=0)
    figures_judge(project=world.project, now=now + timedelta(minutes=1))
    figures_judge(project=world.project, now=now + timedelta(minutes=4))
    alert.refresh_from_db()
    assert alert.is_open and alert.well_since == now + timedelta(minutes=1)
    figures_judge(project=world.project, now=now + timedelta(minutes=7))
    alert.refresh_from_db()
    assert (alert.ended, alert.worst, alert.latest) == ("well", 1.0, 0.0)
    assert "Alerts that are over" in qa.get("/inference/monitoring/").content.decode()
    acts = AuditEvent.objects.filter(action__startswith="alert.").order_by("seq")
    assert [event.action for event in acts] == ["alert.open", "alert.acknowledge", "alert.end"]
    assert [event.actor_id for event in acts] == [None, world.user("qa").pk, None]
    assert not AuditEvent.objects.filter(payload_json__contains=SECRET).exists()


def test_a_flicker_does_not_end_it_and_silence_does_after_a_day(world: World) -> None:
    now = timezone.now()
    alert = degraded(world, now)
    AnswerSlot.objects.update(degraded=0)
    figures_judge(project=world.project, now=now + timedelta(minutes=2))
    AnswerSlot.objects.update(degraded=5)
    figures_judge(project=world.project, now=now + timedelta(minutes=4))
    alert.refresh_from_db()
    assert alert.is_open and alert.well_since is None
    figures_judge(project=world.project, now=now + timedelta(hours=5))
    alert.refresh_from_db()
    assert alert.is_open, "that nobody asks does not mean that all is well"
    figures_judge(project=world.project, now=now + timedelta(hours=30))
    alert.refresh_from_db()
    assert alert.ended == "no_data"
    with pytest.raises(AlertRefused):
        alert_acknowledge(alert=alert, actor=world.user("qa"), note="too late")


def test_what_becomes_critical_asks_anew_and_lasts_until_well(world: World) -> None:
    now = timezone.now()
    answered(world.project, 60, now=now, latency_ms=300.0)
    figures_judge(project=world.project, now=now)
    alert_acknowledge(alert=Alert.objects.get(), actor=world.user("ml_engineer"), note="I look at it.")
    answered(world.project, 60, now=now, latency_ms=3000.0)
    figures_judge(project=world.project, now=now + timedelta(seconds=20))
    critical, warning = Alert.objects.order_by("-pk")
    assert (warning.ended, critical.level, critical.acknowledged_at, critical.value) == (
        "raised",
        "critical",
        None,
        3000.0,
    )
    answered(world.project, 2000, now=now, latency_ms=300.0)
    figures_judge(project=world.project, now=now + timedelta(seconds=40))
    critical.refresh_from_db()
    assert critical.is_open and critical.latest == 300.0 and critical.worst == 3000.0


def test_several_alerts_of_a_level_are_one_line_of_home(world: World) -> None:
    now = timezone.now()
    for rule in ("gate_violations_share", "degraded_share"):
        Alert.objects.create(
            project=world.project, rule=rule, level="warning", value=0.5, worst=0.5, latest=0.5, limit=0.05, seen_at=now
        )
    (line,) = alert_actions(world.user("qa"), world.project)
    assert line.detail == (
        "Degraded answers, replies that break a safety gate: past the limit, and nobody has acknowledged them."
    )


def test_one_missed_crisis_is_critical_at_once(world: World) -> None:
    report = MissedReport(timezone.localdate(), "self_harm", "urgent", "client", SECRET)
    missed_case_report(project=world.project, actor=world.user("qa"), report=report)
    figures_judge(project=world.project)
    figures_judge(project=world.other_project)
    alert = Alert.objects.get()
    assert (alert.project, alert.rule, alert.level, alert.value) == (world.project, "missed", "critical", 1.0)
    assert "Critical alerts" in world.client("clinical_lead").get("/").content.decode()
    with pytest.raises(PermissionDenied):
        alert_acknowledge(alert=alert, actor=world.user("pm"), note="seen")
    for bad in ("", "x" * 501, "a\x00b"):
        with pytest.raises(AlertInvalid):
            alert_acknowledge(alert=alert, actor=world.user("qa"), note=bad)
