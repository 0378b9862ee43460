"""Cases open in the score log's own transaction, one per conversation, and only ever get graver."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.taxonomy import ALERT_LEVELS
from inference.models import Case, CaseEvent, CasePolicy, CaseState, ScoreLog
from inference.services import case_acknowledge, case_override, case_policy_change, score_log_write
from inference.services.case_alarms import case_of, score_join
from pixelhub.accounts.models import Project
from pixelhub.audit.models import AuditEvent
from tests.inference.alarming import alarm, kinds_of, score_row
from tests.personas import World

UNKNOWN = {"crisis": None, "degraded": True, "crisis_type": "none", "reason": "model_slow", "score": None}


@pytest.mark.parametrize("level", ["emergency", "urgent", "severe"])
def test_an_alarm_opens_a_case_with_its_deadlines(world: World, level: str) -> None:
    at = timezone.now() - timedelta(seconds=3)
    case = alarm(world.project, level, at=at)
    minutes = {"emergency": (5, 15), "urgent": (15, 60), "severe": (60, 240)}[level]
    assert (case.level, case.kind, case.state, case.holder) == (level, "alarm", "open", None)
    assert (case.acknowledge_due, case.verify_due) == tuple(at + timedelta(minutes=wait) for wait in minutes)
    assert case.escalate_at == case.acknowledge_due
    assert kinds_of(case) == ["opened"]
    event = AuditEvent.objects.get(action="case.open")
    assert event.target_id == str(case.pk)
    assert json.loads(event.payload_json)["level"] == level


def test_what_opens_no_case(world: World) -> None:
    rows = [score_row(world.project, level) for level in ("concern", "none")]
    score_log_write(rows=rows)
    assert not Case.objects.exists()
    assert [row.case_id for row in rows] == [None, None]


def test_no_answer_is_a_case_of_its_own_kind_and_an_alarm_makes_it_one(world: World) -> None:
    case = alarm(world.project, "concern", conversation="c1", **UNKNOWN)
    assert (case.kind, case.level) == ("unread", "concern")
    due = case.acknowledge_due
    raised = alarm(world.project, "emergency", conversation="c1")
    assert (raised.pk, raised.kind, raised.level, raised.crisis_type) == (case.pk, "alarm", "emergency", "self_harm")
    assert raised.acknowledge_due < due
    assert kinds_of(case) == ["opened", "score", "raised"]


def test_scores_of_one_conversation_share_a_case(world: World) -> None:
    first = alarm(world.project, "severe", conversation="c1")
    assert alarm(world.project, "none", conversation="c1").level == "severe"
    assert alarm(world.project, "emergency", conversation="c1").pk == first.pk
    assert alarm(world.project, "severe", conversation="c2").pk != first.pk
    case = Case.objects.get(pk=first.pk)
    assert (case.level, case.scores, case.conversation_id) == ("emergency", 3, "c1")


def test_without_a_reference_the_content_is_the_conversation(world: World) -> None:
    first = alarm(world.project, content="same")
    assert alarm(world.project, content="same").pk == first.pk
    assert alarm(world.project, content="other").pk != first.pk
    assert Case.objects.get(pk=first.pk).alarm_seq == 1  # the same content again is no news


def test_many_scores_at_once_open_what_they_must(world: World) -> None:
    rows = [score_row(world.project, "urgent", conversation=f"c{number % 7}") for number in range(60)]
    rows += [score_row(world.other_project, "urgent", conversation="c1")]
    rows += [score_row(world.project, "none") for _ in range(20)]
    score_log_write(rows=rows)
    assert Case.objects.filter(project=world.project).count() == 7
    assert Case.objects.filter(project=world.other_project).count() == 1
    assert sum(Case.objects.values_list("scores", flat=True)) == 61
    assert {row.case_id for row in rows[-20:]} == {None}
    score_log_write(rows=rows)  # a commit whose confirmation was lost
    assert CaseEvent.objects.filter(kind__in=["opened", "score"]).count() == 61
    assert None not in {row.case_id for row in rows[:61]}


def test_a_row_is_not_kept_without_its_case(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**given: Any) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr("inference.services.scores.case_alarms_note", away)
    with pytest.raises(DatabaseError):
        score_log_write(rows=[score_row(world.project)])
    assert not ScoreLog.objects.exists()


def test_new_words_after_an_override_open_the_case_again(world: World) -> None:
    lead = world.user("clinical_lead")
    case = alarm(world.project, "severe", conversation="c1", content="a joke")
    case_override(case=case, actor=lead, reason="idiom", text="Laughing.", seen=case.alarm_seq)
    same = alarm(world.project, "severe", conversation="c1", content="a joke")
    assert (same.pk, same.state) == (case.pk, "overridden")
    again = alarm(world.project, "severe", conversation="c1", content="no joke")
    assert (again.pk, again.state, again.outcome, again.holder) == (case.pk, "open", "", None)
    assert again.acknowledge_due > timezone.now()
    assert kinds_of(case) == ["opened", "overridden", "score", "score", "alarm_again"]


def test_the_policy_says_what_opens(world: World) -> None:
    lead = world.user("clinical_lead")
    values = {"opens_severe": False, "opens_unread": False, "opens_console": False, "emergency_acknowledge": 2}
    policy = case_policy_change(project=world.project, actor=lead, values=values)
    assert policy.version == 1
    typed = {"scored_by": world.user("ml_engineer")}
    rows = [score_row(world.project, "severe"), score_row(world.project, "concern", **UNKNOWN)]
    rows += [score_row(world.project, "emergency", **typed)]
    score_log_write(rows=rows)
    assert not Case.objects.exists()
    case = alarm(world.project)
    assert case.acknowledge_due == case.opened_at + timedelta(minutes=2)
    assert alarm(world.other_project, "severe").level == "severe"


def test_the_database_holds_what_the_services_promise(world: World) -> None:
    case = alarm(world.project, conversation="c1")
    broken: list[dict[str, Any]] = [
        {"state": "closed", "acknowledge_due": None, "verify_due": None, "escalate_at": None},
        {"state": "acknowledged"},
        {"state": "overridden", "outcome": "false_alarm"},
        {"level": "none"},
        {"acknowledge_due": None},
        {"alarm_seq": 99},
    ]
    for change in broken:
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(**change)
    twin = case_of(score_row(world.project, conversation="c1"), CasePolicy(project=world.project))
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseEvent.objects.filter(case=case).update(level="none")
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseEvent.objects.filter(case=case).delete()


levels = st.lists(st.tuples(st.sampled_from(ALERT_LEVELS), st.booleans(), st.integers(0, 30)), min_size=1, max_size=12)


@settings(max_examples=60)
@given(levels, st.sampled_from(["emergency", "urgent", "severe"]), st.booleans())
def test_a_level_never_falls_and_no_deadline_moves_later(
    coming: list[tuple[str, bool, int]], first: str, held: bool
) -> None:
    project = Project(pk=1)
    policy = CasePolicy(project=project)
    start = timezone.now()
    opening = score_row(project, first, at=start)
    case, seen = case_of(opening, policy), set()
    case.pk = 1
    score_join(case, opening, policy, seen=seen)
    if held:
        case.state, case.escalate_at = CaseState.ACKNOWLEDGED, case.verify_due
    for level, unknown, minutes in coming:
        before = (case.rank, case.acknowledge_due, case.verify_due, case.escalate_at, case.kind, case.state)
        row = score_row(project, level, at=start + timedelta(minutes=minutes), **(UNKNOWN if unknown else {}))
        events = score_join(case, row, policy, seen=seen)
        assert case.rank <= before[0]
        assert ALERT_LEVELS[case.rank] == case.level
        assert case.acknowledge_due <= before[1] and case.verify_due <= before[2] and case.escalate_at <= before[3]
        assert (case.kind, case.state) == before[4:]
        assert case.alarm_seq <= case.last_seq == events[-1].seq


def test_whoever_has_it_keeps_it_when_the_level_rises(world: World) -> None:
    case = alarm(world.project, "severe", conversation="c1")
    case_acknowledge(case=case, actor=world.user("qa"))
    raised = alarm(world.project, "emergency", conversation="c1")
    assert (raised.holder, raised.state) == (world.user("qa"), "acknowledged")
    assert raised.escalate_at == raised.verify_due < case.verify_due
