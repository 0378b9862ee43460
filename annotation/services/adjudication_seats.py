"""Who is looking at which sample, so that two adjudicators are handed different ones. A courtesy, not a lock."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation import conf
from annotation.models import AdjudicationSeat, RoundItem
from pixelhub.accounts.models import User


def adjudication_seat_take(*, item: RoundItem, person: User) -> bool:
    """Sit down at a sample, leaving any other of this round; False where somebody else sits there now."""
    now = timezone.now()
    with transaction.atomic():
        AdjudicationSeat.objects.filter(person=person, item__round=item.round_id).exclude(item=item).delete()
        mine = AdjudicationSeat.objects.filter(item=item, person=person)
        lapsed = AdjudicationSeat.objects.filter(item=item, until__lt=now)
        if (mine | lapsed).update(person=person, until=now + conf.SEAT):
            return True
        try:
            with transaction.atomic():
                AdjudicationSeat.objects.create(item=item, person=person, until=now + conf.SEAT)
        except IntegrityError:  # taken already, or at this very moment
            return False
    return True


def adjudication_seat_keep(*, item: RoundItem, person: User) -> bool:
    """A sign of life from the page; False where the seat is not this person's any more."""
    mine = AdjudicationSeat.objects.filter(item=item, person=person)
    return bool(mine.update(until=timezone.now() + conf.SEAT))
