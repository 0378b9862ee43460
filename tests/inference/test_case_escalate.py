"""Deadlines that pass go to the next tier: once, also with two watches at once, and rightly after a pause."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from inference.models import Case, CaseEvent, CaseWatch
from inference.selectors import next_actions
from inference.services import case_acknowledge, case_verify, cases_watch
from inference.watch import watch_cases
from pixelhub.audit.models import AuditEvent
from tests.inference.alarming import alarm, kinds_of
from tests.personas import World


def test_tier_after_tier(world: World) -> None:
    case = alarm(world.project)
    start = case.opened_at
    assert cases_watch(now=start + timedelta(minutes=4, seconds=59)).escalated == 0
    assert cases_watch(now=start + timedelta(minutes=5)).escalated == 1
    assert cases_watch(now=start + timedelta(minutes=6)).escalated == 0
    assert Case.objects.get().tier == 1
    assert cases_watch(now=start + timedelta(minutes=10)).escalated == 1
    assert cases_watch(now=start + timedelta(days=3)).escalated == 0
    case.refresh_from_db()
    assert (case.tier, case.escalate_at) == (2, None)
    assert AuditEvent.objects.filter(action="case.escalated").count() == 2


def test_after_a_pause_it_stands_where_it_would_have_stood(world: World) -> None:
    case = alarm(world.project, at=timezone.now() - timedelta(hours=3))
    assert cases_watch().escalated == 1
    event = CaseEvent.objects.get(case=case, kind="escalated")
    assert (event.payload["former"], event.payload["tier"]) == (0, 2)
    assert event.payload["late_seconds"] > 10_000


def test_whoever_has_it_must_still_decide(world: World) -> None:
    case, qa = alarm(world.project), world.user("qa")
    case_acknowledge(case=case, actor=qa)
    assert cases_watch(now=case.acknowledge_due + timedelta(minutes=1)).escalated == 0
    assert cases_watch(now=case.verify_due).escalated == 1
    case_verify(case=case, actor=qa)
    assert cases_watch(now=case.verify_due + timedelta(days=1)).escalated == 0
    assert kinds_of(case) == ["opened", "acknowledged", "escalated", "verified"]


def test_the_watch_says_that_it_looked(world: World) -> None:
    watch_cases()
    first = CaseWatch.objects.get().looked_at
    watch_cases()
    assert CaseWatch.objects.get().looked_at == first  # a write every few seconds would be for nothing
    cases_watch(now=first + timedelta(minutes=1))
    assert CaseWatch.objects.get().looked_at > first


def test_the_home_page_asks_the_right_people(world: World) -> None:
    def asked(role: str) -> list[str]:
        return [action.title for action in next_actions(world.user(role), world.project) if "ase" in action.title]

    case = alarm(world.project)
    assert any("wait" in title for title in asked("qa")) and not asked("administrator")
    cases_watch(now=case.opened_at + timedelta(hours=1))
    assert any("escalated" in title for title in asked("administrator"))
    urgent = next_actions(world.user("clinical_lead"), world.project)[0]
    assert (urgent.priority, urgent.url) == (0, "/inference/cases/")
    assert asked("annotator") == asked("pm") == []
