"""What a label sets off, in the transaction that stores it."""

from __future__ import annotations

from annotation.models import Annotation, Round, RoundItem
from annotation.services.hidden import hidden_repeat_place


def label_arrived(*, annotation: Annotation, round: Round) -> None:
    """Follow up a new or changed label; call with the round and the slot locked."""
    is_new_work = annotation.revision == 1 and annotation.item.purpose == RoundItem.Purpose.WORK
    if round.repeat_share and is_new_work and not round.is_learning:
        hidden_repeat_place(annotation=annotation, round=round)
