"""A task's page: days are planned anew with their history, people are named, lines are ticked."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from pixelhub.audit.models import AuditEvent
from review import services
from review.board import Board, SubtaskRow, board_of
from review.models import PlannedDays, TaskOwner
from review.models.append_only import AppendOnlyError
from review.refusal import Refused
from tests.personas import World

pytestmark = pytest.mark.django_db
START, TODAY = date(2026, 1, 12), date(2026, 1, 20)
LINE = "1.2.access"


def line(board: Board, key: str = LINE) -> SubtaskRow:
    return next(row for row in board.subtasks if row.subtask.key == key)


def test_days_are_planned_anew_and_nothing_is_forgotten(world: World) -> None:
    pm, client = world.user("pm"), world.client("pm")
    services.plan_start_set(project=world.project, actor=pm, start=START)
    before = line(board_of(world.project, today=TODAY))
    assert (before.first_day, before.last_day, before.due, before.days_late) == (1, 2, date(2026, 1, 13), 7)
    form = {"subtask": LINE, "first_day": "3", "last_day": "12", "reason": "The clinic signs on Friday"}
    assert client.post(reverse("review:subtask_move"), form).url == reverse("review:task_detail", args=["1.2"])
    client.post(reverse("review:subtask_move"), {**form, "last_day": "14", "reason": "and now on Monday"})
    after = line(board_of(world.project, today=TODAY))
    assert (after.first_day, after.last_day, after.due, after.late, after.soon) == (
        3,
        14,
        date(2026, 1, 25),
        False,
        True,
    )
    moves = PlannedDays.objects.order_by("pk").values_list("former_last_day", "last_day", "reason", "moved_by")
    assert list(moves) == [
        (2, 12, "The clinic signs on Friday", pm.pk),
        (12, 14, "and now on Monday", pm.pk),
    ]
    page = client.get(reverse("review:task_detail", args=["1.2"])).content.decode()
    assert "days 3 to 12 instead of 1 to 2" in page
    assert "and now on Monday" in page
    assert "days 3 to 12" not in client.get(reverse("review:task_detail", args=["1.1"])).content.decode()


def test_days_out_of_order_or_without_a_reason_are_refused(world: World) -> None:
    for days in ((0, 3), (5, 4), (1, 731)):
        with pytest.raises(Refused, match="Days run"):
            move(world, *days)
    with pytest.raises(Refused, match="already"):
        move(world, 1, 2)
    with pytest.raises(Refused, match="few words"):
        move(world, 2, 3, reason=" ")
    with pytest.raises(Refused, match="no such line"):
        move(world, 2, 3, subtask="9.9.none")
    answer = world.client("pm").post(reverse("review:subtask_move"), {"subtask": LINE, "first_day": "x"})
    assert answer.status_code == 302
    assert not PlannedDays.objects.exists()


def move(world: World, first: int, last: int, *, reason: str = "why", subtask: str = LINE) -> PlannedDays:
    return services.subtask_move(
        project=world.project,
        actor=world.user("pm"),
        subtask=subtask,
        first_day=first,
        last_day=last,
        reason=reason,
    )


def test_planned_days_are_only_ever_added(world: World) -> None:
    row = move(world, 2, 3)
    with pytest.raises(AppendOnlyError):
        row.delete()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE review_planneddays SET last_day = 700")


def test_people_with_the_role_are_named_and_no_others(world: World) -> None:
    client, engineer = world.client("pm"), world.user("data_engineer")
    url = reverse("review:owner_assign", args=["1.2"])
    client.post(url, {"person": engineer.pk})
    client.post(url, {"person": engineer.pk})
    client.post(url, {"person": world.user("qa").pk})
    client.post(url, {"person": world.outsider("data_engineer").pk})
    owner = TaskOwner.objects.get()
    assert owner.person == engineer
    for person in (world.user("qa"), world.outsider("data_engineer")):
        with pytest.raises(Refused, match="holds one of the roles"):
            services.owner_assign(project=world.project, actor=world.user("pm"), task="1.2", person=person)
    board = client.get(reverse("review:board")).content.decode()
    assert str(engineer) in board
    client.post(reverse("review:owner_end", args=[owner.pk]))
    owner.refresh_from_db()
    assert owner.ended_by == world.user("pm")
    with pytest.raises(Refused, match="no longer"):
        services.owner_end(owner=owner, actor=world.user("pm"))
    client.post(url, {"person": engineer.pk})
    assert TaskOwner.objects.filter(ended_at=None).count() == 1
    acts = AuditEvent.objects.filter(action__startswith="task.owner").order_by("seq").values_list("action", flat=True)
    assert list(acts) == ["task.owner_assign", "task.owner_end", "task.owner_assign"]
    outsider = world.outsider_client("pm").post(reverse("review:owner_end", args=[TaskOwner.objects.last().pk]))
    assert outsider.status_code == 404
