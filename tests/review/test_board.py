"""The phase board: figures from the data, verdicts on bounds, ticks only where no data can answer."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from datasets_app.models import Record
from inference.models import ScoreLog
from inference.services import score_log_write
from pixelhub.audit.models import AuditEvent
from pixelhub.live.models import Revision
from review import services
from review.board import Board, board_of
from review.evidence.estimates import Verdict
from review.evidence.program import METRICS, PHASES, hand_ticked, subtasks, tasks
from review.facts import project_facts
from review.facts.serving import quantile_interval
from review.models import TaskTick
from review.refusal import Refused
from tests.personas import World
from tests.review.real_path import compile_release
from tests.review.staged import Staged, stage_version

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 1)


def gates(board: Board) -> dict[str, Verdict]:
    return {row.gate.key: row.reading.verdict for phase in board.phases for row in phase.gates}


def test_the_program_is_whole(world: World) -> None:
    assert (len(PHASES), len(list(tasks())), len(METRICS)) == (4, 12, 7)
    assert sum(len(phase.gates) for phase in PHASES) == 16
    keys = [subtask.key for subtask in subtasks()]
    assert len(keys) == len(set(keys))
    asked = {subtask.fact for subtask in subtasks() if subtask.fact} | {metric.fact for metric in METRICS}
    asked |= {gate.fact for phase in PHASES for gate in phase.gates}
    assert asked <= set(project_facts(world.project)), "every line has a figure"


def test_an_empty_project_has_passed_nothing(world: World) -> None:
    board = board_of(world.project, today=TODAY)
    assert set(gates(board).values()) == {Verdict.NOT_YET}
    assert board.gates_passed == 0
    assert all(row.reading.verdict is Verdict.NOT_YET for row in board.metrics)
    assert board.caveats == []


def test_demographics_are_told_apart_wherever_an_import_left_them(world: World) -> None:
    tellings: list[dict[str, object]] = [
        {"demographics": "34, woman"},
        {"metadata": {"demographics": "51, man"}},
        {"input": {"demographics": "34, woman"}},
        {"input": {"metadata": {"demographics": "19, man"}}},
        {"demographics": ""},
        {},
    ]
    stage_version(world)
    records = list(Record.objects.filter(project=world.project).order_by("pk"))
    Record.objects.filter(project=world.project).update(source="synthetic", metadata={})
    for record, metadata in zip(records, tellings, strict=False):
        record.metadata, record.source = metadata, "real"
    Record.objects.bulk_update(records[: len(tellings)], ["metadata", "source"])
    fact = project_facts(world.project)["real_demographics"]
    assert (fact.value, fact.detail) == (3, "different demographics, told for 4 real conversations")


def test_gates_follow_the_evaluation_of_the_version_at_hand(staged: Staged) -> None:
    verdicts = gates(board_of(staged.project, today=TODAY))
    assert verdicts["3.sensitivity"] is Verdict.INSUFFICIENT
    assert verdicts["3.specificity"] is Verdict.PASS
    assert verdicts["3.f1"] is Verdict.FAIL
    assert verdicts["3.per-type"] is Verdict.INSUFFICIENT
    assert verdicts["2.leakage"] is Verdict.PASS
    assert verdicts["2.size"] is Verdict.NOT_YET
    assert verdicts["4.expert"] is Verdict.NOT_YET


def test_the_expert_gate_follows_the_sign_off(staged: Staged) -> None:
    staged.approved()
    assert gates(board_of(staged.project, today=TODAY))["4.expert"] is Verdict.PASS
    staged.sign(staged.world.user("clinical_lead", n=2), decision="rejected")
    assert gates(board_of(staged.project, today=TODAY))["4.expert"] is not Verdict.PASS


def test_synthetic_and_simulated_origins_are_named(world: World) -> None:
    compile_release(world)
    facts = project_facts(world.project)
    assert facts["kappa"].caveat == "simulated annotators"
    assert facts["dataset_size"].caveat == "synthetic conversations, simulated annotators"
    assert facts["kappa"].low is not None
    assert facts["labelled_types"].value == 6
    assert facts["duplicates"].value == 0
    page = world.client("pm").get(reverse("review:board")).content.decode()
    assert "Not real data alone" in page
    assert "simulated annotators" in page


def test_latency_waits_for_enough_answers(staged: Staged) -> None:
    assert project_facts(staged.project)["latency_p95"].value is None
    rows = [answer(staged, latency=float(number)) for number in range(1, 101)]
    score_log_write(rows=rows)
    fact = project_facts(staged.project)["latency_p95"]
    assert (fact.value, fact.low, fact.high) == (95.0, 90.0, 100.0)
    assert gates(board_of(staged.project, today=TODAY))["4.latency"] is Verdict.PASS


def answer(staged: Staged, *, latency: float) -> ScoreLog:
    return ScoreLog(
        project=staged.project,
        model_version="1.0.0",
        content_hash="sha256:" + "c" * 64,
        crisis_type="none",
        band="none",
        alert_level="none",
        latency_ms=latency,
        at=timezone.now(),
    )


def test_a_quantile_lies_inside_its_interval() -> None:
    value, low, high = quantile_interval([float(number) for number in range(60)])
    assert low <= value <= high == 59.0


def test_a_pm_sets_the_start_date_and_the_due_dates_follow(world: World) -> None:
    client = world.client("pm")
    client.post(reverse("review:plan_start"), {"start": "2026-01-09"})
    client.post(reverse("review:plan_start"), {"start": "2026-01-12"})
    world.project.refresh_from_db()
    board = board_of(world.project, today=TODAY)
    assert (board.start, board.phases[0].due, board.phases[3].due) == (
        date(2026, 1, 12),
        date(2026, 1, 18),
        date(2026, 2, 8),
    )
    assert all(row.late for phase in board.phases for task in phase.tasks for row in task.rows if not row.done)
    page = client.get(reverse("review:plan_history")).content.decode()
    assert "2026-01-12 instead of 2026-01-09" in page, "re-planning keeps its history"


@pytest.mark.parametrize("start", ["", "soon", "0001-01-01", "2026-13-01"])
def test_a_start_date_must_be_a_date(world: World, start: str) -> None:
    assert world.client("pm").post(reverse("review:plan_start"), {"start": start}).status_code == 302
    world.project.refresh_from_db()
    assert world.project.starts_on is None


def test_a_pm_ticks_what_no_data_shows_and_takes_it_back(world: World) -> None:
    client = world.client("pm")
    key = next(iter(hand_ticked()))
    client.post(reverse("review:task_tick"), {"task": key, "note": "minutes of 3 March"})
    tick = TaskTick.objects.get()
    assert (tick.task, tick.done_by, tick.note) == (key, world.user("pm"), "minutes of 3 March")
    assert "minutes of 3 March" in client.get(reverse("review:board")).content.decode()
    client.post(reverse("review:task_untick"), {"task": key})
    tick.refresh_from_db()
    assert tick.undone_by == world.user("pm")
    events = AuditEvent.objects.filter(action__startswith="task.")
    assert [event.action for event in events] == ["task.tick", "task.untick"]


def test_what_data_answers_takes_no_tick(world: World) -> None:
    with pytest.raises(Refused, match="answered by the data"):
        services.task_tick(project=world.project, actor=world.user("pm"), task="1.3.kappa")
    with pytest.raises(Refused, match="answered by the data"):
        services.task_tick(project=world.project, actor=world.user("pm"), task="no such line")


def test_a_line_is_ticked_once(world: World) -> None:
    key = next(iter(hand_ticked()))
    services.task_tick(project=world.project, actor=world.user("pm"), task=key)
    with pytest.raises(Refused, match="ticked already"):
        services.task_tick(project=world.project, actor=world.user("pm"), task=key)
    assert TaskTick.objects.count() == 1


@pytest.mark.parametrize("role", ["clinical_lead", "qa", "ml_engineer", "data_engineer", "administrator", "annotator"])
def test_only_a_pm_edits_the_board(world: World, role: str) -> None:
    client = world.client(role)
    assert client.post(reverse("review:task_tick"), {"task": "1.2.access"}).status_code == 403
    assert client.post(reverse("review:plan_start"), {"start": "2026-01-09"}).status_code == 403
    with pytest.raises(PermissionDenied):
        services.plan_start_set(project=world.project, actor=world.user(role), start=TODAY)
    page = client.get(reverse("review:board"))
    assert page.status_code == (403 if role == "annotator" else 200)
    assert "Take back" not in page.content.decode()


def test_an_outsiders_tick_lands_in_their_own_project(world: World) -> None:
    world.outsider_client("pm").post(reverse("review:task_tick"), {"task": "1.2.access"})
    assert not TaskTick.objects.filter(project=world.project).exists()
    assert TaskTick.objects.filter(project=world.other_project).exists()


def test_the_board_is_told_of_changes(staged: Staged) -> None:
    def revision() -> int:
        found = Revision.objects.filter(topic=f"project:{staged.project.pk}:board").first()
        return found.revision if found else 0

    before = revision()
    staged.open_campaign()
    opened = revision()
    services.plan_start_set(project=staged.project, actor=staged.world.user("pm"), start=TODAY)
    assert before < opened < revision()
