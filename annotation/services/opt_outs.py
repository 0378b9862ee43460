"""Types that a person does not want to read for now: no reason is asked, and nobody else is told."""

from __future__ import annotations

from django.db import transaction

from annotation.errors import Invalid, NotAllowed
from annotation.models import TypeOptOut
from annotation.services.breaks import free_slots, held_by
from datasets_app.corpus.taxonomy import SIX_TYPES
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability


def opt_out_set(*, project: Project, annotator: User, crisis_type: str, out: bool) -> None:
    """Opt out of a crisis type, or in again; doing so twice is harmless. Not in the audit chain: it is theirs.

    What this person holds of that type goes back to the others at once.
    """
    if not can(annotator, project, Capability.ANNOTATE):
        raise NotAllowed("may_not_label", "You do not label in this project.")
    if crisis_type not in SIX_TYPES:
        raise Invalid("crisis_type", "Choose one of the six crisis types.")
    mine = TypeOptOut.objects.filter(annotator=annotator, project=project, crisis_type=crisis_type)
    with transaction.atomic():
        if not out:
            mine.delete()
            return
        made = TypeOptOut(annotator=annotator, project=project, crisis_type=crisis_type)
        TypeOptOut.objects.bulk_create([made], ignore_conflicts=True)
        free_slots(held_by(annotator, project).filter(item__hint_type=crisis_type))
