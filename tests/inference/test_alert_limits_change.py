"""Limits: an administrator changes them with a reason; the next look judges by them."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from inference.engine.reports.rules import Limits
from inference.models import Alert, AlertLimits
from inference.refusals import AlertInvalid
from inference.selectors_alerts import HUB_RULES, limits_of
from inference.services import alert_limits_change, figures_judge
from pixelhub.audit.models import AuditEvent
from tests.inference.monitored import answered
from tests.personas import World

URL = "/inference/monitoring/limits/"


def test_an_administrator_changes_limits_with_a_reason(world: World) -> None:
    now = timezone.now()
    admin = world.client("administrator")
    page = admin.get(URL)
    fields = page.context["form"].fields
    given = {name: field.initial for name, field in fields.items() if field.initial is not None}
    assert (given["degraded_share_warning"], given["p95_ms_critical"], given["missed_critical"]) == (5.0, 800.0, 0)
    assert admin.post(URL, given | {"degraded_share_warning": "40"}).status_code == 400  # no reason
    told = given | {"degraded_share_warning": "40", "reason": "A trial without a model, until Friday"}
    assert admin.post(URL, told).status_code == 302
    assert admin.post(URL, told).status_code == 302  # nothing new
    made = AlertLimits.objects.get()
    assert (made.version, made.created_by, made.limits["degraded_share"]) == (
        1,
        world.user("administrator"),
        [0.4, None],
    )
    (event,) = AuditEvent.objects.filter(action="alert.limits_change")
    assert "degraded_share" in event.payload_json and "p95_ms" not in event.payload_json
    assert "until Friday" in world.client("qa").get(URL).content.decode()
    for role in ("qa", "clinical_lead", "pm", "ml_engineer"):
        assert world.client(role).post(URL, told).status_code == 403
    assert world.client("annotator").get(URL).status_code == 403

    answered(world.project, 70, now=now)
    answered(world.project, 30, now=now, degraded=True, reason="no_deployment")
    answered(world.other_project, 70, now=now)
    answered(world.other_project, 30, now=now, degraded=True, reason="no_deployment")
    for project in (world.project, world.other_project):
        figures_judge(project=project, now=now)
    assert [alert.project for alert in Alert.objects.all()] == [world.other_project], "limits are a project's own"


def test_what_makes_no_sense_is_refused(world: World) -> None:
    admin = world.user("administrator")
    for bad in (
        {"p95_ms": Limits(900.0, 800.0)},
        {"p95_ms": Limits(None, None)},
        {"degraded_share": Limits(1.5, None)},
        {"missed": Limits(None, -1.0)},
        {"p95_ms": Limits(float("nan"), None)},
        {"no_such_rule": Limits(1.0, None)},
    ):
        with pytest.raises(AlertInvalid):
            alert_limits_change(project=world.project, actor=admin, limits=bad, reason="why not")
    with pytest.raises(AlertInvalid):
        alert_limits_change(project=world.project, actor=admin, limits={}, reason=" ")
    with pytest.raises(PermissionDenied):
        alert_limits_change(project=world.project, actor=world.user("clinical_lead"), limits={}, reason="why not")
    assert limits_of(world.project) == {name: judged.rule.limits for name, judged in HUB_RULES.items()}
    assert alert_limits_change(
        project=world.project, actor=admin, limits={"p95_ms": Limits(150.0, 400.0)}, reason="a faster machine"
    )
    assert limits_of(world.project)["p95_ms"] == Limits(150.0, 400.0)
    with pytest.raises(DatabaseError), transaction.atomic():
        AlertLimits.objects.update(reason="another")
