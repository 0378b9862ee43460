"""Handing a person over to those who help, and looking again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from inference.models import Case, CaseEvent, CaseState, HandOver
from inference.refusals import CaseInvalid, CaseRefused
from inference.services.case_record import case_happened, clean_words, locked_case
from pixelhub.accounts.access import require
from pixelhub.accounts.roles import Capability

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

#: Steps of a hand-over that happen once -> the column that keeps when.
STEPS = {
    "accepted": "accepted_at",
    "contact_confirmed": "contact_confirmed_at",
    "follow_up_done": "follow_up_done_at",
}


@transaction.atomic
def handover_record(
    *, case: Case, actor: User, receiver: str, receiver_name: str = "", follow_up_due: datetime | None = None
) -> HandOver:
    """Note to whom the person was handed. `receiver_name` is a clinical note. Raises `CaseRefused`, `CaseInvalid`."""
    require(actor, case.project, Capability.CASE_RESPOND)
    case = locked_case(case)
    if case.state == CaseState.CLOSED:
        raise CaseRefused("closed", "This case is closed. Reopen it first.")
    if receiver not in HandOver.Receiver.values:
        raise CaseInvalid("receiver", "Choose who took over.")
    now = timezone.now()
    if follow_up_due is not None and follow_up_due < now:
        raise CaseInvalid("follow_up_due", "A follow-up lies in the future.")
    handover = HandOver.objects.create(
        case=case,
        receiver=receiver,
        receiver_name=clean_words(receiver_name, limit=200),
        handed_at=now,
        handed_by=actor,
        follow_up_due=follow_up_due,
    )
    due = follow_up_due.isoformat() if follow_up_due else None
    case_happened(
        case=case,
        kind=CaseEvent.Kind.HANDED_OVER,
        actor=actor,
        handover=handover.pk,
        receiver=receiver,
        follow_up_due=due,
    )
    return handover


@transaction.atomic
def handover_step(*, handover: HandOver, actor: User, step: str) -> HandOver:
    """Note that the other side accepted, that contact with the person was confirmed, or that the follow-up was done.

    A closed case takes these too: a follow-up is often due after the closing. Each happens once.
    """
    case = handover.case
    require(actor, case.project, Capability.CASE_RESPOND)
    if step not in STEPS:
        raise CaseInvalid("step", "There is no such step.")
    case = locked_case(case)
    handover = HandOver.objects.select_for_update(no_key=True).get(pk=handover.pk)
    if getattr(handover, STEPS[step]) is not None:
        raise CaseRefused("done", "That was noted already.")
    setattr(handover, STEPS[step], timezone.now())
    if step == "follow_up_done":
        handover.follow_up_done_by = actor
    handover.save()
    case_happened(case=case, kind=CaseEvent.Kind.HANDOVER_UPDATED, actor=actor, handover=handover.pk, step=step)
    return handover
