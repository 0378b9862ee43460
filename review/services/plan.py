"""The plan: its start date, its days and owners, and the ticks for what no data can show."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import roles_in
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.evidence.program import hand_ticked, planned_days, tasks
from review.gates import gate_standing, gate_standings
from review.models import PlannedDays, TaskOwner, TaskTick
from review.refusal import Refused
from review.topics import board_topic
from review.wording import MAX_NOTE, checked_text

__all__ = [
    "gate_standing",
    "gate_standings",
    "owner_assign",
    "owner_end",
    "plan_start_set",
    "subtask_move",
    "task_tick",
    "task_untick",
]

LAST_DAY = 730


@transaction.atomic
def plan_start_set(*, project: Project, actor: User, start: date) -> None:
    """Set day 1 of the four phases. Earlier dates stay in the audit trail, which the board shows as history."""
    require(actor, project, Capability.BOARD_EDIT)
    if not 2000 <= start.year <= 2200:
        raise Refused("Choose a start date between the years 2000 and 2200.")
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = locked.starts_on
    if before == start:
        return
    Project.objects.filter(pk=project.pk).update(starts_on=start)
    project.starts_on = start
    record(
        action="plan.start_set",
        actor=actor,
        project=project,
        target=project,
        payload={"from": before.isoformat() if before else None, "to": start.isoformat()},
    )
    touch(board_topic(project.pk))


def task_tick(*, project: Project, actor: User, task: str, note: str = "") -> TaskTick:
    """Say that a subtask is done which no data can show. Raises Refused for one that the data answers."""
    require(actor, project, Capability.BOARD_EDIT)
    if task not in hand_ticked():
        raise Refused("This line is answered by the data; it cannot be ticked by hand.")
    note = checked_text(note, name="Note", longest=MAX_NOTE)
    try:
        with transaction.atomic():
            tick = TaskTick.objects.create(project=project, task=task, note=note, done_by=actor)
            record(action="task.tick", actor=actor, project=project, target=tick, payload={"task": task})
            touch(board_topic(project.pk))
    except IntegrityError:
        raise Refused("This line is ticked already.") from None
    return tick


@transaction.atomic
def task_untick(*, project: Project, actor: User, task: str) -> None:
    """Take a tick back; who set it and when stays on record. Raises Refused where there is none."""
    require(actor, project, Capability.BOARD_EDIT)
    tick = TaskTick.objects.select_for_update(no_key=True).filter(project=project, task=task, undone_at=None).first()
    if tick is None:
        raise Refused("This line is not ticked.")
    TaskTick.objects.filter(pk=tick.pk).update(undone_by=actor, undone_at=timezone.now())
    record(action="task.untick", actor=actor, project=project, target=tick, payload={"task": task})
    touch(board_topic(project.pk))


@transaction.atomic
def subtask_move(
    *, project: Project, actor: User, subtask: str, first_day: int, last_day: int, reason: str
) -> PlannedDays:
    """Plan a subtask for other days, for a reason. What it was planned for before stays on record.

    Raises Refused for a line that does not exist, days out of order, or days that it has already.
    """
    require(actor, project, Capability.BOARD_EDIT)
    if subtask not in planned_days():
        raise Refused("The program has no such line.")
    if not 1 <= first_day <= last_day <= LAST_DAY:
        raise Refused(f"Days run from 1 to {LAST_DAY}, and the last one is not before the first.")
    reason = checked_text(reason, name="Reason", longest=MAX_NOTE, required=True)
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = PlannedDays.objects.filter(project=locked, subtask=subtask).order_by("-pk").first()
    former = (before.first_day, before.last_day) if before else planned_days()[subtask]
    if former == (first_day, last_day):
        raise Refused("It is planned for these days already.")
    move = PlannedDays.objects.create(
        project=locked,
        subtask=subtask,
        former_first_day=former[0],
        former_last_day=former[1],
        first_day=first_day,
        last_day=last_day,
        reason=reason,
        moved_by=actor,
    )
    payload = {"subtask": subtask, "from": list(former), "to": [first_day, last_day], "reason": reason}
    record(action="plan.days_set", actor=actor, project=locked, target=move, payload=payload)
    touch(board_topic(locked.pk))
    return move


def owner_assign(*, project: Project, actor: User, task: str, person: User) -> TaskOwner:
    """Name somebody who answers for a task: a member who holds one of its roles. Raises Refused otherwise."""
    require(actor, project, Capability.BOARD_EDIT)
    found = next((row for row in tasks() if row.key == task), None)
    if found is None:
        raise Refused("The program has no such task.")
    if not person.is_active or not set(found.owners) & set(roles_in(person, project)):
        raise Refused("An owner is an active member who holds one of the roles that this task belongs to.")
    try:
        with transaction.atomic():
            owner = TaskOwner.objects.create(project=project, task=task, person=person, assigned_by=actor)
            payload = {"task": task, "person": person.pk}
            record(action="task.owner_assign", actor=actor, project=project, target=owner, payload=payload)
            touch(board_topic(project.pk))
    except IntegrityError:
        raise Refused("This person owns the task already.") from None
    return owner


@transaction.atomic
def owner_end(*, owner: TaskOwner, actor: User) -> None:
    """End an ownership; who owned the task and for how long stays on record. Raises Refused where it has ended."""
    require(actor, owner.project, Capability.BOARD_EDIT)
    ended = TaskOwner.objects.filter(pk=owner.pk, ended_at=None).update(ended_by=actor, ended_at=timezone.now())
    if not ended:
        raise Refused("This person no longer owns the task.")
    payload = {"task": owner.task, "person": owner.person_id}
    record(action="task.owner_end", actor=actor, project=owner.project, target=owner, payload=payload)
    touch(board_topic(owner.project_id))
