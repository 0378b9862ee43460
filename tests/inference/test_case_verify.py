"""A true alarm is verified by whoever has it; a false one is overridden with authority, a reason and words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from inference.models import Case, CaseNote
from inference.services import CaseInvalid, CaseRefused, case_acknowledge, case_override, case_verify
from pixelhub.audit.models import AuditEvent
from tests.inference.alarming import alarm
from tests.personas import World

WORDS = "heron-on-the-pier: she laughed about it."


def test_whoever_has_it_verifies(world: World) -> None:
    case, qa = alarm(world.project), world.user("qa")
    with pytest.raises(CaseRefused):
        case_verify(case=case, actor=qa)
    case_acknowledge(case=case, actor=qa)
    with pytest.raises(CaseRefused, match="Take it over first"):
        case_verify(case=case, actor=world.user("clinical_lead"))
    verified = case_verify(case=case, actor=qa)
    assert (verified.state, verified.outcome, verified.decided_in_time) == ("verified", "true_alarm", True)
    assert (verified.acknowledge_due, verified.verify_due, verified.escalate_at) == (None, None, None)


def test_a_late_decision_is_kept_as_late(world: World) -> None:
    case, qa = alarm(world.project, at=timezone.now() - timedelta(minutes=16)), world.user("qa")
    case_acknowledge(case=case, actor=qa)
    assert case_verify(case=case, actor=qa).decided_in_time is False


def test_an_override_takes_authority_a_reason_and_words(world: World) -> None:
    case, lead = alarm(world.project), world.user("clinical_lead")
    with pytest.raises(PermissionDenied):
        case_override(case=case, actor=world.user("qa"), reason="idiom", text=WORDS, seen=1)
    with pytest.raises(CaseInvalid):
        case_override(case=case, actor=lead, reason="because", text=WORDS, seen=1)
    for text in ("", "  \n ", "a\x00b", "\ud800", "x" * 4001):
        with pytest.raises(CaseInvalid):
            case_override(case=case, actor=lead, reason="idiom", text=text, seen=1)
    assert not CaseNote.objects.exists()
    done = case_override(case=case, actor=lead, reason="idiom", text=WORDS, seen=1)
    assert (done.state, done.outcome, done.override_reason) == ("overridden", "false_alarm", "idiom")
    assert done.override_note is not None and done.override_note.text == WORDS
    event = AuditEvent.objects.get(action="case.overridden")
    assert "heron" not in event.payload_json and '"reason":"idiom"' in event.payload_json


def test_nobody_overrides_an_alarm_that_they_have_not_seen(world: World) -> None:
    case, lead = alarm(world.project, "severe", conversation="c1"), world.user("clinical_lead")
    raised = alarm(world.project, "emergency", conversation="c1")
    with pytest.raises(CaseRefused, match="new alarm"):
        case_override(case=case, actor=lead, reason="idiom", text=WORDS, seen=case.alarm_seq)
    assert case_override(case=case, actor=lead, reason="idiom", text=WORDS, seen=raised.alarm_seq).outcome


def test_what_the_model_could_not_answer_is_judged_by_its_reader(world: World) -> None:
    case = alarm(world.project, "concern", crisis=None, degraded=True, crisis_type="none")
    qa = world.user("qa")
    with pytest.raises(CaseRefused):
        case_override(case=case, actor=qa, reason="no_danger", text=WORDS, seen=1)
    case_acknowledge(case=case, actor=qa)
    assert case_override(case=case, actor=qa, reason="no_danger", text=WORDS, seen=1).state == "overridden"


def test_over_http_the_typed_words_come_back(world: World) -> None:
    case, lead = alarm(world.project), world.client("clinical_lead")
    url = f"/inference/cases/{case.pk}/override/"
    page = lead.post(url, {"reason": "", "text": WORDS, "seen": case.alarm_seq})
    assert page.status_code == 400
    assert WORDS in page.content.decode() and "Choose why" in page.content.decode()
    stale = lead.post(url, {"reason": "idiom", "text": WORDS})
    assert (stale.status_code, "new alarm" in stale.content.decode()) == (409, True)
    assert world.client("qa").post(url, {"reason": "idiom", "text": WORDS, "seen": 1}).status_code == 403
    assert lead.post(url, {"reason": "idiom", "text": WORDS, "seen": case.alarm_seq}).status_code == 302
    assert Case.objects.get().state == "overridden"
