"""What a label or a skip sets off, in the transaction that stores it."""

from __future__ import annotations

from annotation.models import Annotation, Round, RoundItem, Slot
from annotation.services.hidden import hidden_repeat_due, hidden_repeat_place
from annotation.services.judging import attempt_finish, attempt_must_be_open, drift_watch
from annotation.services.suggestions import suggestion_follow
from pixelhub.accounts.models import User

Purpose = RoundItem.Purpose


def label_needs_the_round(*, slot: Slot, round: Round, annotator: User) -> bool:
    """Whether what this label will set off bears no other label of the round beside it (see `label_arrived`)."""
    return (
        round.is_learning
        or slot.item.purpose == Purpose.GOLD
        or (slot.item.purpose == Purpose.WORK and hidden_repeat_due(item=slot.item, round=round, annotator=annotator))
    )


def label_arrived(*, annotation: Annotation, round: Round) -> None:
    """Follow up a new or changed label; call with the round (as asked for above) and the slot locked."""
    if round.kind == Round.Kind.QUALIFICATION:
        attempt_must_be_open(round=round, annotator=annotation.annotator)
        attempt_finish(round=round, annotator=annotation.annotator)
    elif round.kind != Round.Kind.PRACTICE and annotation.item.purpose == Purpose.GOLD:
        drift_watch(round=round, annotator=annotation.annotator)
    elif round.repeat_share and annotation.revision == 1 and annotation.item.purpose == Purpose.WORK:
        hidden_repeat_place(annotation=annotation, round=round)
    suggestion_follow(annotation=annotation, round=round)


def skip_arrived(*, slot: Slot, round: Round) -> None:
    """Follow up a skip: the last one may finish a qualification. Call with the round locked where it is one."""
    if round.kind == Round.Kind.QUALIFICATION and slot.reserved_for is not None:
        attempt_finish(round=round, annotator=slot.reserved_for)
