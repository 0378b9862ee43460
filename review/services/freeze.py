"""The freeze switch: while it is on nobody promotes. Going back to an earlier version stays possible.

A freeze is for the moment in which something looks wrong, and then the way back is what is needed most.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from review.models import PromotionFreeze
from review.refusal import Refused
from review.topics import touch_review
from review.wording import MAX_NOTE, checked_text

__all__ = ["promotion_freeze", "promotion_unfreeze"]


def promotion_freeze(*, project: Project, actor: User, reason: str) -> PromotionFreeze:
    """Stop promotions in the project, by whoever may. Raises PermissionDenied, Refused where it is on already."""
    require(actor, project, Capability.PROMOTION_FREEZE)
    reason = checked_text(reason, name="Reason", longest=MAX_NOTE, required=True)
    try:
        with transaction.atomic():
            # The lock that promotions take: after this transaction none is under way that has not seen the freeze.
            Project.objects.select_for_update(no_key=True).get(pk=project.pk)
            freeze = PromotionFreeze.objects.create(project=project, reason=reason, frozen_by=actor)
            record(action="promotion.freeze", actor=actor, project=project, target=freeze)
            touch_review(project)
    except IntegrityError:
        raise Refused("Promotions are frozen already.") from None
    return freeze


@transaction.atomic
def promotion_unfreeze(*, project: Project, actor: User, reason: str) -> None:
    """Let promotions go on: a clinical lead's or an administrator's word. Raises PermissionDenied, Refused."""
    require(actor, project, Capability.SIGNOFF_GOVERN)
    reason = checked_text(reason, name="Reason", longest=MAX_NOTE, required=True)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    freeze = PromotionFreeze.objects.filter(project=project, lifted_at=None).first()
    if freeze is None:
        raise Refused("Promotions are not frozen.")
    PromotionFreeze.objects.filter(pk=freeze.pk).update(lifted_by=actor, lifted_at=timezone.now(), lifted_reason=reason)
    record(action="promotion.unfreeze", actor=actor, project=project, target=freeze)
    touch_review(project)
