"""Keeping records out of training for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from datasets_app.models import HeldOut, ReservedConversation
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_json

if TYPE_CHECKING:
    from datasets_app.models import Record
    from pixelhub.accounts.models import Project, User

__all__ = ["conversations_reserve", "held_out_hashes", "record_hold_out"]


def record_hold_out(*, held: Record, reason: str, actor: User | None) -> HeldOut:
    """Put a record into the test split of every release that is compiled from now on. Asked twice, the first stands.

    `reason` is ours to word and names no content. Nothing takes it back: what was shown as a test cannot be unseen.
    """
    with transaction.atomic():
        row, made = HeldOut.objects.get_or_create(record=held, defaults={"reason": reason[:200], "held_by": actor})
        if made:
            record(
                action="record.hold_out",
                actor=actor,
                project=held.project,
                target=held,
                payload={"content_hash": held.content_hash},
            )
    return row


def conversations_reserve(*, project: Project, hashes: Sequence[str], reason: str, actor: User | None) -> int:
    """Keep conversations, named by their content hashes, for judging models: every compile from now on has them in the
    test split or not at all. Returns how many are new.

    Unlike `record_hold_out` it takes conversations that the project does not hold (yet). One event for all of them.
    """
    with transaction.atomic():
        known = set(ReservedConversation.objects.filter(project=project).values_list("content_hash", flat=True))
        new = [one for one in dict.fromkeys(hashes) if one not in known]
        rows = [
            ReservedConversation(project=project, content_hash=one, reason=reason[:200], reserved_by=actor)
            for one in new
        ]
        # Two who reserve the same at the same moment: it is reserved, which is all that both asked for.
        ReservedConversation.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        if new:
            record(
                action="conversation.reserve",
                actor=actor,
                project=project,
                payload={"conversations": len(new), "hashes_sha256": sha256_json(sorted(new)), "reason": reason[:200]},
            )
    return len(new)


def held_out_hashes(project_id: int) -> tuple[str, ...]:
    """Content hashes that may lie in the test split only: records held out and conversations of expert sets."""
    held = HeldOut.objects.filter(record__project=project_id).values_list("record__content_hash", flat=True)
    reserved = ReservedConversation.objects.filter(project=project_id).values_list("content_hash", flat=True)
    return tuple(sorted({*held, *reserved}))
