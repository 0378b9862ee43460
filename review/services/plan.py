"""The plan: its start date, and the ticks for what no data can show."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.evidence.program import hand_ticked
from review.models import TaskTick
from review.refusal import Refused
from review.topics import board_topic
from review.wording import MAX_NOTE, checked_text

__all__ = ["plan_start_set", "task_tick", "task_untick"]


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
