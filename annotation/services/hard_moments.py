"""“This was hard”: a word to the lead, without the conversation, and without the name unless contact is wished."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.errors import NotAllowed, Refused
from annotation.models import HardMoment
from annotation.selectors_care import day_start
from annotation.selectors_load import may_see_load
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record


def hard_moment_tell(*, project: Project, annotator: User, client_uuid: UUID, wants_contact: bool) -> bool:
    """Say that something was hard. Sent again it is told once; returns whether this was the first time.

    The day is kept, not the minute: beside the times of labels a minute would name the conversation. For the same
    reason it is not in the audit chain. Who said it is kept, and shown to nobody unless they wish for contact.
    """
    if not can(annotator, project, Capability.ANNOTATE):
        raise NotAllowed("may_not_label", "You do not label in this project.")
    with transaction.atomic():
        known = HardMoment.objects.filter(client_uuid=client_uuid).first()
        if known is None:
            made = HardMoment(
                annotator=annotator,
                project=project,
                client_uuid=client_uuid,
                wants_contact=wants_contact,
                created_at=day_start(timezone.now()),
            )
            HardMoment.objects.bulk_create([made], ignore_conflicts=True)
            known = HardMoment.objects.get(client_uuid=client_uuid)
            return known.annotator_id == annotator.pk
        if known.annotator_id != annotator.pk:
            raise Refused("uuid_reused", "This was said already.")
    return False


def hard_moments_see(*, project: Project, actor: User, upto: int, contact: int | None = None) -> int:
    """Mark as seen: the wish for contact `contact`, or all nameless ones up to the id `upto` (those that were shown).

    Returns how many; none where a colleague was first.
    """
    if not may_see_load(actor, project):
        raise NotAllowed("may_not_see", "Your role does not see the team's load.")
    unseen = HardMoment.objects.filter(project=project, seen_at__isnull=True)
    chosen = (
        unseen.filter(pk=contact, wants_contact=True) if contact else unseen.filter(pk__lte=upto, wants_contact=False)
    )
    with transaction.atomic():
        seen = chosen.update(seen_by=actor, seen_at=timezone.now())
        if seen:
            payload = {"count": seen, "contact": contact is not None}
            record(action="hard_moment.see", actor=actor, project=project, payload=payload)
    return seen
