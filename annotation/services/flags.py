"""Flags that somebody looked into."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from annotation.errors import Invalid, NotAllowed, Refused
from annotation.labels import clean_text
from annotation.models import Flag
from annotation.selectors_adjudication import RESOLVED_BY
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.audit.services import record
from pixelhub.live.services import touch


def flag_resolve(*, flag: Flag, actor: User, resolution: str) -> Flag:
    """Say in a sentence what came of a flag. Raises `Refused` where a colleague resolved it first."""
    project = flag.item.round.project
    if not can(actor, project, RESOLVED_BY[flag.kind]):
        raise NotAllowed("may_not_resolve", "Another role looks into flags of this kind.")
    resolution = clean_text(resolution, name="The sentence", limit=500)
    if not resolution:
        raise Invalid("resolution", "Say in a sentence what came of it.")
    with transaction.atomic():
        resolved = Flag.objects.filter(pk=flag.pk, resolved_at__isnull=True).update(
            resolved_by=actor, resolved_at=timezone.now(), resolution=resolution
        )
        if not resolved:
            raise Refused("resolved_already", "A colleague has looked into this flag already.")
        flag.refresh_from_db()
        payload = {"item": flag.item_id, "kind": flag.kind}
        record(action="annotation.flag_resolve", actor=actor, project=project, target=flag, payload=payload)
        touch(f"project:{project.pk}:rounds")
    return flag
