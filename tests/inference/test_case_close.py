"""A case closes once, with a decision and a note; it opens again with a reason."""

from __future__ import annotations

import pytest
from django.utils import timezone

from inference.models import Case, CaseNote
from inference.services import (
    CaseInvalid,
    CaseRefused,
    case_acknowledge,
    case_close,
    case_note,
    case_reopen,
    case_verify,
)
from tests.inference.alarming import alarm, kinds_of
from tests.personas import World


def verified(world: World, **given: str) -> Case:
    case = alarm(world.project, **given)
    case_acknowledge(case=case, actor=world.user("qa"))
    return case_verify(case=case, actor=world.user("qa"))


def test_without_decision_or_note_nothing_closes(world: World) -> None:
    qa = world.user("qa")
    with pytest.raises(CaseRefused, match="Verify or override"):
        case_close(case=alarm(world.project), actor=qa, text="done", seen=1)
    case = verified(world)
    with pytest.raises(CaseInvalid):
        case_close(case=case, actor=qa, text=" ", seen=case.alarm_seq)
    closed = case_close(case=case, actor=qa, text="Handed to the crisis team.", seen=case.alarm_seq)
    assert (closed.state, closed.closed_by, closed.holder) == ("closed", qa, None)
    with pytest.raises(CaseRefused, match=f"{qa} has closed"):
        case_close(case=case, actor=world.user("clinical_lead"), text="again", seen=case.alarm_seq)
    assert CaseNote.objects.filter(kind="closing").count() == 1


def test_an_alarm_that_came_meanwhile_must_be_seen(world: World) -> None:
    case = verified(world, level="severe", conversation="c1")
    alarm(world.project, "emergency", conversation="c1")
    with pytest.raises(CaseRefused, match="new alarm"):
        case_close(case=case, actor=world.user("qa"), text="done", seen=case.alarm_seq)


def test_after_the_closing_a_new_alarm_is_a_new_case(world: World) -> None:
    case = verified(world, conversation="c1")
    case_close(case=case, actor=world.user("qa"), text="done", seen=case.alarm_seq)
    second = alarm(world.project, conversation="c1")
    assert second.pk != case.pk
    with pytest.raises(CaseRefused, match="another open case"):
        case_reopen(case=case, actor=world.user("qa"), text="it goes on")
    assert not CaseNote.objects.filter(kind="reopening").exists()


def test_a_reopened_case_has_a_clock_again_and_keeps_its_history(world: World) -> None:
    case, lead = verified(world), world.user("clinical_lead")
    first_decision = case.first_decided_at
    case_close(case=case, actor=lead, text="done", seen=case.alarm_seq)
    again = case_reopen(case=case, actor=lead, text="She wrote again.")
    assert (again.state, again.outcome, again.closed_at, again.reopened) == ("open", "", None, 1)
    assert again.acknowledge_due > timezone.now() and again.escalate_at == again.acknowledge_due
    assert (again.first_decided_at, again.acknowledged_in_time) == (first_decision, True)
    case_acknowledge(case=case, actor=lead)
    case_verify(case=case, actor=lead)
    case_close(case=case, actor=lead, text="done, again", seen=again.alarm_seq)
    assert kinds_of(case)[-4:] == ["reopened", "acknowledged", "verified", "closed"]
    assert CaseNote.objects.filter(kind="closing").count() == 2


def test_over_http(world: World) -> None:
    case, qa = verified(world), world.client("qa")
    base = f"/inference/cases/{case.pk}"
    assert qa.post(f"{base}/close/", {"text": "", "seen": case.alarm_seq}).status_code == 400
    assert qa.post(f"{base}/close/", {"text": "done", "seen": case.alarm_seq}).status_code == 302
    assert qa.post(f"{base}/close/", {"text": "done", "seen": case.alarm_seq}).status_code == 409
    assert qa.post(f"{base}/reopen/", {"text": "again"}).status_code == 302
    assert qa.post(f"{base}/note/", {"text": "seen by the ward"}).status_code == 302
    for act in ("close", "reopen", "note"):
        assert world.client("administrator").post(f"{base}/{act}/", {"text": "x"}).status_code == 403
        assert world.outsider_client("qa").post(f"{base}/{act}/", {"text": "x"}).status_code == 404


def test_clinical_notes_are_for_responders(world: World) -> None:
    case = alarm(world.project)
    case_note(case=case, actor=world.user("qa"), text="heron-on-the-pier")
    page = f"/inference/cases/{case.pk}/"
    assert "heron-on-the-pier" in world.client("clinical_lead").get(page).content.decode()
    assert "heron-on-the-pier" not in world.client("administrator").get(page).content.decode()
