"""Without a deployed model all that nobody could judge in an hour is one case; crises by rules keep their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from inference.models import Case
from inference.services import case_acknowledge, case_close, case_override, case_policy_change, score_log_write
from pixelhub.audit.models import AuditEvent
from pixelhub.live.models import Revision
from tests.inference.alarming import alarm, kinds_of, score_row
from tests.personas import World

UNJUDGED = {"crisis": None, "degraded": True, "crisis_type": "none", "reason": "no_deployment", "score": 0.03}
HOUR = timezone.now().replace(minute=10, second=0, microsecond=0)


def unjudged(world: World, **given: Any) -> Case:
    return alarm(world.project, "concern", **{"at": HOUR, **UNJUDGED, **given})


def test_an_hour_without_a_model_is_one_case_with_a_count(world: World) -> None:
    rows = [score_row(world.project, "concern", conversation=f"c{n}", at=HOUR, **UNJUDGED) for n in range(20)]
    score_log_write(rows=rows)
    score_log_write(rows=[score_row(world.other_project, "concern", at=HOUR, **UNJUDGED)])
    case = unjudged(world)
    assert Case.objects.filter(project=world.project).get() == case
    assert {row.case_id for row in rows} == {case.pk}, "each answer names the case"
    assert (case.scores, case.kind, case.level, case.is_standing) == (21, "unread", "concern", True)
    assert (case.conversation_id, case.locale, case.alarm_seq) == ("", "", 1)
    assert AuditEvent.objects.filter(action="case.open", project_id=world.project.pk).count() == 1
    later = unjudged(world, at=HOUR + timedelta(hours=1))
    assert later.pk != case.pk and Case.objects.filter(project=world.other_project).count() == 1


def test_a_crisis_that_the_rules_see_has_a_case_of_its_own(world: World) -> None:
    standing = unjudged(world, conversation="c1")
    seen = {"crisis": True, "degraded": True, "crisis_type": "self_harm", "reason": "no_deployment"}
    grave = alarm(world.project, "emergency", conversation="c1", at=HOUR, **seen)
    mild = alarm(world.project, "concern", conversation="c2", at=HOUR, **seen)
    assert (grave.kind, grave.conversation_id, mild.kind, mild.conversation_id) == ("alarm", "c1", "unread", "c2")
    assert len({standing.pk, grave.pk, mild.pk}) == 3
    assert unjudged(world, conversation="c1").pk == grave.pk, "a conversation with a case goes on in it"
    together = [score_row(world.project, "concern", conversation="c3", at=HOUR, **UNJUDGED)]
    together += [score_row(world.project, "urgent", conversation="c3", at=HOUR)]
    score_log_write(rows=together)
    assert together[0].case_id == together[1].case_id != standing.pk


def test_any_other_reason_is_a_case_for_each_conversation(world: World) -> None:
    reasons = ("model_slow", "no_deployment, rules_failed", "no_deployment, window_incomplete", "refused: voided")
    cases = {unjudged(world, reason=reason).pk for reason in reasons}
    assert len(cases) == len(reasons)
    assert not any(case.is_standing for case in Case.objects.all())


def test_it_can_be_decided_and_closed_while_more_come(world: World) -> None:
    qa = world.user("qa")
    case = unjudged(world)
    case_acknowledge(case=case, actor=qa)
    revision = Revision.objects.get(topic=f"project:{world.project.pk}:cases").revision
    unjudged(world)
    assert Revision.objects.get(topic=f"project:{world.project.pk}:cases").revision == revision, "no board is drawn"
    case_override(case=case, actor=qa, reason="no_danger", text="Read all.", seen=case.alarm_seq)
    assert unjudged(world).state == "overridden"
    case_close(case=case, actor=qa, text="A model comes tomorrow.", seen=case.alarm_seq)
    assert kinds_of(case) == ["opened", "acknowledged", "score", "overridden", "score", "closed"]
    again = unjudged(world)
    assert (again.pk != case.pk, again.state, again.scores) == (True, "open", 1)


def test_where_nothing_unread_opens_a_case_none_does(world: World) -> None:
    case_policy_change(project=world.project, actor=world.user("clinical_lead"), values={"opens_unread": False})
    score_log_write(rows=[score_row(world.project, "concern", conversation="c1", at=HOUR, **UNJUDGED)])
    assert not Case.objects.exists()


def test_the_page_says_what_it_is(world: World) -> None:
    page = world.client("qa").get(unjudged(world).get_absolute_url()).content.decode()
    assert "no model is deployed" in page and "answered 1 time " in page
