"""Who labels what now: leases on slots.

Right on SQLite (transactions take the write lock at once) and on PostgreSQL at READ COMMITTED (row locks). A claim
locks the person's seat in the round, so two tabs of one person take turns; the slots are taken by a conditional
update. A slot whose lease has lapsed counts as free in the same query: nothing has to run for it to return.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation import conf
from annotation.errors import NotAllowed, Refused
from annotation.labels import clean_text
from annotation.models import Round, RoundAnnotator, RoundItem, Slot
from annotation.selectors_care import spared
from annotation.services.arrivals import skip_arrived
from annotation.services.breaks import free_slots, work_check
from annotation.services.exposure import work_sign
from annotation.services.hidden import hidden_spread_overdue
from annotation.services.standing import require_may_work
from pixelhub.accounts.models import User
from pixelhub.audit.services import record
from pixelhub.live.services import touch

LEASED = Slot.State.LEASED
WORK = RoundItem.Purpose.WORK
DAY_FULL = "You have read enough hard content for today, and nothing calmer waits in this round. Thank you; rest now."


def slot_claim(
    *, round: Round, annotator: User, want: int = conf.HELD_AT_ONCE, keep: Collection[int] = ()
) -> list[Slot]:
    """The slots that this person holds now, at most `want`, oldest first: those held already, then new ones.

    Never a sample on which this person has a slot already (labelled, skipped or held). Raises `Refused` when the
    round isn't open or the person has read enough for today, `BreakDue` when they need a pause first (`keep`: see
    `breaks.work_check`), `NotAllowed` when they aren't invited, not qualified or paused.
    """
    want = max(1, min(want, conf.HELD_AT_ONCE))
    standing = work_check(round=round, annotator=annotator, keep=keep)
    with transaction.atomic():
        seat = RoundAnnotator.objects.select_for_update(no_key=True).filter(round=round, annotator=annotator).first()
        if seat is None:
            raise NotAllowed("not_invited", "You are not an annotator of this round.")
        if not Round.objects.filter(pk=round.pk, state=Round.State.OPEN).exists():
            raise Refused("round_not_open", "This round is not open.")
        require_may_work(round=round, annotator=annotator)
        now = timezone.now()
        until = now + conf.lease()
        mine = Slot.objects.filter(item__round=round, annotator=annotator, state=LEASED)
        mine.update(lease_until=until)
        withheld = spared(annotator, round.project, day_is_full=standing.day_is_full)
        if standing.day_is_full:
            free_slots(mine.filter(withheld).exclude(pk__in=keep))
        missing = want - mine.count()
        if missing == want and round.gold_share:
            _spread_overdue(round, annotator, now)
        if missing > 0:
            taken = _take(round, annotator, missing, now, until, withheld, wait=False)
            if not taken and not mine.exists():
                # Others may have had every candidate locked for a moment: look once more, waiting for them.
                _take(round, annotator, missing, now, until, withheld, wait=True)
        held = list(mine.select_related("item__record", "item__round").order_by("rank", "pk")[:want])
        if held:
            work_sign(project=round.project, annotator=annotator)
        elif standing.day_is_full:
            raise Refused("day_full", DAY_FULL)
        return held


def slot_heartbeat(*, round: Round, annotator: User, active: bool = True) -> int:
    """Extend this person's leases; returns how many are still theirs. `active`: they are at work, not only near."""
    held = Slot.objects.filter(
        item__round=round, item__round__state=Round.State.OPEN, annotator=annotator, state=LEASED
    ).update(lease_until=timezone.now() + conf.lease())
    if held and active:
        work_sign(project=round.project, annotator=annotator)
    return held


def slot_skip(*, slot: Slot, annotator: User, reason: str = "") -> Slot:
    """Give a sample back for good, with or without a reason. Skipping twice is harmless.

    Somebody else gets it, unless it was reserved for this person (hidden gold, practice): then nobody is asked instead.
    """
    reason = clean_text(reason, name="The reason", limit=200)
    round = slot.item.round
    with transaction.atomic():
        if round.is_learning:  # in the order of a submit: the last answer of a set may finish it
            Round.objects.select_for_update(no_key=True).get(pk=round.pk)
        item = RoundItem.objects.select_for_update(no_key=True).get(pk=slot.item_id)
        locked = Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
        if locked.annotator_id == annotator.pk and locked.state == Slot.State.SKIPPED:
            return locked
        if locked.annotator_id != annotator.pk or locked.state != LEASED:
            raise Refused("lease_lost", "This sample is not yours any more; nothing was changed.")
        locked.state, locked.lease_until, locked.skip_reason = Slot.State.SKIPPED, None, reason
        locked.save(update_fields=["state", "lease_until", "skip_reason"])
        if locked.reserved_for_id is None:
            last = item.slots.aggregate(last=Max("number"))["last"]
            Slot.objects.create(item=item, number=last + 1, rank=locked.rank)
        skip_arrived(slot=locked, round=round)
        project = round.project
        record(action="slot.skip", actor=annotator, project=project, target=locked, payload={"item": item.pk})
        touch(f"project:{project.pk}:rounds")
    return locked


def _take(round: Round, annotator: User, want: int, now: datetime, until: datetime, withheld: Q, *, wait: bool) -> int:
    taken_items: set[int] = set()
    available = Q(state=Slot.State.FREE) | Q(state=LEASED, lease_until__lt=now)
    candidates = (
        _candidates(round, annotator, available)
        .exclude(withheld)
        .select_for_update(skip_locked=not wait, of=("self",), no_key=True)
    )
    # Up to `overlap` slots of one sample stand next to each other, and a person may take only one of them.
    found = list(candidates.values_list("pk", "item_id", "item__purpose")[: want * round.overlap])
    # Hidden samples come among real work only: a tail of them would give them away.
    only_hidden = not round.is_learning and all(purpose != WORK for _, _, purpose in found)
    if only_hidden and not candidates.filter(item__purpose=WORK).exists():
        return 0
    for slot_id, item_id, _ in found:
        if len(taken_items) == want or item_id in taken_items:
            continue
        free = Slot.objects.filter(pk=slot_id).filter(available)
        if free.update(annotator=annotator, state=LEASED, lease_until=until):
            taken_items.add(item_id)
    return len(taken_items)


def _spread_overdue(round: Round, annotator: User, now: datetime) -> None:
    available = Q(state=Slot.State.FREE) | Q(state=LEASED, lease_until__lt=now)
    work = _candidates(round, annotator, available).filter(item__purpose=WORK)
    frontier = work.values_list("rank", flat=True).first()
    if frontier is not None:
        hidden_spread_overdue(round=round, annotator=annotator, frontier=frontier)


def _candidates(round: Round, annotator: User, available: Q) -> QuerySet[Slot]:
    seen = Slot.objects.filter(item=OuterRef("item"), annotator=annotator)
    for_me = Q(reserved_for__isnull=True) | Q(reserved_for=annotator)
    slots = Slot.objects.filter(available, for_me, ~Exists(seen), item__round=round)
    return slots.order_by("rank", "item__position", "number")
