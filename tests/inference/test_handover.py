"""Hand-over: to whom, taken over, contact confirmed, looked at again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inference.models import HandOver
from inference.selectors_cases import follow_ups_overdue
from inference.services import CaseInvalid, CaseRefused, handover_record, handover_step
from pixelhub.audit.models import AuditEvent
from tests.inference.alarming import alarm, kinds_of
from tests.personas import World


def test_each_step_is_noted_once(world: World) -> None:
    case, qa = alarm(world.project), world.user("qa")
    due = timezone.now() + timedelta(hours=4)
    made = handover_record(case=case, actor=qa, receiver="crisis_team", receiver_name="heron ward", follow_up_due=due)
    for step in ("accepted", "contact_confirmed", "follow_up_done"):
        handover_step(handover=made, actor=qa, step=step)
        with pytest.raises(CaseRefused):
            handover_step(handover=made, actor=qa, step=step)
    made.refresh_from_db()
    assert made.accepted_at and made.contact_confirmed_at and made.follow_up_done_by == qa
    assert kinds_of(case) == ["opened", "handed_over", *["handover_updated"] * 3]
    assert not AuditEvent.objects.filter(payload_json__contains="heron").exists()
    with pytest.raises(CaseInvalid):
        handover_record(case=case, actor=qa, receiver="nobody")
    with pytest.raises(CaseInvalid):
        handover_record(case=case, actor=qa, receiver="other", follow_up_due=timezone.now() - timedelta(hours=1))


def test_a_promise_that_is_overdue_is_listed(world: World) -> None:
    case, qa = alarm(world.project), world.user("qa")
    due = timezone.now() + timedelta(hours=4)
    made = handover_record(case=case, actor=qa, receiver="clinician", follow_up_due=due)
    assert not follow_ups_overdue(world.project).exists()
    assert list(follow_ups_overdue(world.project, now=due + timedelta(minutes=1))) == [made]
    HandOver.objects.update(handed_at=due - timedelta(days=2), follow_up_due=due - timedelta(days=1))
    assert "Follow-ups that are overdue" in world.client("qa").get("/inference/cases/").content.decode()
    handover_step(handover=made, actor=qa, step="follow_up_done")
    assert "Follow-ups" not in world.client("qa").get("/inference/cases/").content.decode()


def test_over_http(world: World) -> None:
    case, qa = alarm(world.project), world.client("qa")
    url = f"/inference/cases/{case.pk}/hand-over/"
    later = timezone.localtime(timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    assert qa.post(url, {"receiver": "colleague", "follow_up_due": "soon"}).status_code == 400
    assert qa.post(url, {"receiver": "colleague", "follow_up_due": "2026-13-45T99:00"}).status_code == 400
    assert qa.post(url, {"receiver": "colleague", "follow_up_due": later}).status_code == 302
    made = HandOver.objects.get()
    step = f"/inference/cases/hand-overs/{made.pk}/step/"
    assert qa.post(step, {"step": "accepted"}).status_code == 302
    assert qa.post(step, {"step": "accepted"}).status_code == 409
    assert qa.post(step, {"step": "sent home"}).status_code == 400
    assert world.client("pm").post(step, {"step": "accepted"}).status_code == 403
    assert world.outsider_client("qa").post(step, {"step": "accepted"}).status_code == 404
