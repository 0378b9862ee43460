"""Taking a case: one gets it, the other sees who; taking over, giving back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from inference.models import Case
from inference.services import CaseRefused, case_acknowledge, case_release, case_take_over
from tests.inference.alarming import alarm, kinds_of
from tests.personas import World


def test_the_first_gets_it_and_the_second_sees_who(world: World) -> None:
    case, qa, lead = alarm(world.project), world.user("qa"), world.user("clinical_lead")
    taken = case_acknowledge(case=case, actor=qa)
    assert (taken.state, taken.holder, taken.acknowledged_in_time) == ("acknowledged", qa, True)
    assert taken.escalate_at == taken.verify_due
    with pytest.raises(CaseRefused, match=str(qa)):
        case_acknowledge(case=case, actor=lead)
    assert case_acknowledge(case=case, actor=qa).last_seq == 2  # again: nothing happens


def test_too_late_is_kept(world: World) -> None:
    case = alarm(world.project, at=timezone.now() - timedelta(minutes=6))
    assert case_acknowledge(case=case, actor=world.user("qa")).acknowledged_in_time is False


def test_taking_over_names_whom_it_is_taken_from(world: World) -> None:
    case, qa, lead = alarm(world.project), world.user("qa"), world.user("clinical_lead")
    case_acknowledge(case=case, actor=qa)
    with pytest.raises(CaseRefused, match="has this case now"):
        case_take_over(case=case, actor=lead, from_holder=world.user("qa", 2).pk)
    assert case_take_over(case=case, actor=lead, from_holder=qa.pk).holder == lead
    assert kinds_of(case) == ["opened", "acknowledged", "taken_over"]


def test_a_released_case_keeps_its_deadlines(world: World) -> None:
    case, qa = alarm(world.project), world.user("qa")
    case_acknowledge(case=case, actor=qa)
    with pytest.raises(CaseRefused, match="Take it over first"):
        case_release(case=case, actor=world.user("clinical_lead"))
    released = case_release(case=case, actor=qa)
    assert (released.state, released.holder) == ("open", None)
    assert (released.acknowledge_due, released.verify_due) == (case.acknowledge_due, case.verify_due)
    assert released.escalate_at == case.acknowledge_due


@pytest.mark.parametrize("role", ["pm", "annotator", "ml_engineer", "data_engineer", "administrator", "api_client"])
def test_others_do_not_respond(world: World, role: str) -> None:
    case = alarm(world.project)
    with pytest.raises(PermissionDenied):
        case_acknowledge(case=case, actor=world.user(role))
    with pytest.raises(Http404):
        case_acknowledge(case=case, actor=world.outsider("clinical_lead"))


def test_over_http_and_as_json(world: World) -> None:
    case = alarm(world.project)
    url = f"/inference/cases/{case.pk}/acknowledge/"
    assert world.client("qa").post(url).status_code == 302
    lead = world.client("clinical_lead")
    page = lead.post(url)
    assert page.status_code == 409
    assert f"{world.user('qa')} has this case already." in page.content.decode()
    answer = lead.post(url, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()) == (409, {"said": f"{world.user('qa')} has this case already."})
    assert world.client("pm").post(url).status_code == 403
    assert world.outsider_client("clinical_lead").post(url).status_code == 404
    assert world.anonymous().post(url).status_code == 302
    take = lead.post(f"/inference/cases/{case.pk}/take-over/", {"holder": world.user("qa").pk})
    assert take.status_code == 302
    assert lead.post(f"/inference/cases/{case.pk}/release/").status_code == 302
    assert Case.objects.get().state == "open"
