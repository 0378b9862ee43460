"""Who labels what now: leases on slots.

Right on SQLite (transactions take the write lock at once) and on PostgreSQL at READ COMMITTED (row locks). A claim
locks the person's seat in the round, so two tabs of one person take turns; the slots are taken by a conditional
update. A slot whose lease has lapsed counts as free in the same query: nothing has to run for it to return.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypedDict

from django.db import transaction
from django.db.models import Exists, F, Max, Q, QuerySet
from django.utils import timezone

from annotation import conf
from annotation.errors import NotAllowed, Refused
from annotation.labels import clean_text
from annotation.models import Round, RoundAnnotator, RoundItem, Slot
from annotation.ordering import SEVERE
from annotation.selectors_assignment import Tally, free_for, lapsed_for, past_share, tally_of
from annotation.selectors_care import Standing, opted_out, spared
from annotation.services.arrivals import skip_arrived
from annotation.services.breaks import free_slots, work_check
from annotation.services.exposure import work_sign
from annotation.services.hidden import hidden_spread_overdue
from annotation.services.standing import require_may_work
from pixelhub.accounts.models import User
from pixelhub.audit.services import record
from pixelhub.live.services import touch

LEASED = Slot.State.LEASED
DAY_FULL = "You have read enough hard content for today, and nothing calmer waits in this round. Thank you; rest now."
WORK = RoundItem.Purpose.WORK
Candidate = tuple[int, int, int | None, str]  # slot, sample, severity that the sample seems to have, purpose


def slot_claim(
    *, round: Round, annotator: User, want: int = conf.HELD_AT_ONCE, keep: Collection[int] = ()
) -> list[Slot]:
    """The slots that this person holds now, at most `want`, in the order they were handed out: see `work_claim`."""
    return work_claim(round=round, annotator=annotator, want=want, keep=keep).slots


@dataclass(frozen=True)
class Work:
    """What a claim found and gave: the slots, and what it learned of the person, so that nobody asks again."""

    slots: list[Slot]
    standing: Standing
    tally: Tally | None


def work_claim(*, round: Round, annotator: User, want: int = conf.HELD_AT_ONCE, keep: Collection[int] = ()) -> Work:
    """Hand out what this person works on now: at most `want` slots, those that they hold already among them.

    Never a sample on which this person has a slot already (labelled, skipped or held), nor one that seems to be of a
    type they opted out of; nothing new beyond their share while others wait (`selectors_assignment`). Raises `Refused`
    when the round isn't open or the person has read enough for today, `BreakDue` when they need a pause first (`keep`:
    see `breaks.work_check`), `NotAllowed` when they aren't invited, not qualified or paused.
    """
    want = max(1, min(want, conf.HELD_AT_ONCE))
    standing = work_check(round=round, annotator=annotator, keep=keep)
    with transaction.atomic():
        seat = _seat(round, annotator)
        if seat is None:
            raise NotAllowed("not_invited", "You are not an annotator of this round.")
        if not seat["is_open"]:
            raise Refused("round_not_open", "This round is not open.")
        require_may_work(round=round, annotator=annotator, policy=standing.policy)
        now = timezone.now()
        until = now + conf.lease()
        mine = Slot.objects.filter(round=round, annotator=annotator, state=LEASED)
        withheld = spared(annotator, round.project, day_is_full=standing.day_is_full, has_wishes=seat["has_wishes"])
        if withheld:
            # What they have come to be spared since they got it goes to others, but for what is on their screen.
            free_slots(mine.filter(withheld).exclude(pk__in=keep))
        missing = want - mine.update(lease_until=until)
        if missing == want and round.gold_share:
            _spread_overdue(round, annotator, withheld)
        tally = tally_of(round, annotator) if missing > 0 else None
        if tally is not None and not past_share(round, annotator, tally):
            look = _Look(round, annotator, withheld, standing.policy.severe_in_a_row, lapsed=seat["has_lapsed"])
            taken = _take(look, missing, now, until)
            if not taken and missing == want:
                # Others may have had every candidate locked for a moment: look once more, waiting for them.
                _take(replace(look, lapsed=True, wait=True), missing, now, until)
        ordered = mine.select_related("item__record")
        held = list(ordered.order_by(F("claimed_at").asc(nulls_first=True), "rank", "pk")[:want])
        if held:
            session = work_sign(project=round.project, annotator=annotator, standing=standing)
            standing = replace(standing, session=session or standing.session)
        elif standing.day_is_full:
            raise Refused("day_full", DAY_FULL)
        return Work(held, standing, tally)


def slot_heartbeat(*, round: Round, annotator: User, active: bool = True) -> int:
    """Extend this person's leases; returns how many are still theirs. `active`: they are at work, not only near."""
    held = Slot.objects.filter(round=round, round__state=Round.State.OPEN, annotator=annotator, state=LEASED).update(
        lease_until=timezone.now() + conf.lease()
    )
    if held and active:
        work_sign(project=round.project, annotator=annotator)
    return held


def slot_release(*, round: Round, annotator: User, slots: Collection[int], until: datetime) -> int:
    """Let the named leases of this person lapse now, so that others can have the samples; returns how many.

    `until` is the end of the leases as the caller knew it: those extended since, by another window or by the same page
    loaded again, stay. They lapse rather than end: a label that is on its way is still taken if nobody was faster.
    """
    mine = Slot.objects.filter(pk__in=slots, round=round, annotator=annotator, state=LEASED)
    return mine.filter(lease_until__lte=until).update(lease_until=timezone.now())


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


class _Seat(TypedDict):
    pk: int
    is_open: bool
    has_wishes: bool
    has_lapsed: bool


def _seat(round: Round, annotator: User) -> _Seat | None:
    """This person's seat in the round, locked, with what else a claim has to know first: all in one statement."""
    seats = RoundAnnotator.objects.filter(round=round, annotator=annotator).annotate(
        is_open=Exists(Round.objects.filter(pk=round.pk, state=Round.State.OPEN)),
        has_wishes=Exists(opted_out(annotator, round.project)),
        has_lapsed=Exists(Slot.objects.filter(round=round, state=LEASED, lease_until__lt=timezone.now())),
    )
    return seats.select_for_update(no_key=True).values("pk", "is_open", "has_wishes", "has_lapsed").first()


@dataclass(frozen=True)
class _Look:
    """For whom candidates are looked for, and how: `lapsed` ones too, and (`wait`) those locked by others."""

    round: Round
    annotator: User
    withheld: Q
    in_a_row: int
    lapsed: bool
    wait: bool = False


def _take(look: _Look, want: int, now: datetime, until: datetime) -> int:
    """Take up to `want` slots: lapsed ones first, of each sample one, severe ones not too many in a row."""
    taken_items: set[int] = set()
    for slot_id, item_id in _chosen(look, want):
        if len(taken_items) == want:
            break
        if item_id in taken_items:
            continue
        still_open = Q(state=Slot.State.FREE) | Q(state=LEASED, lease_until__lt=now)
        # A microsecond apart, so that the order of reading is the order of handing out.
        at = now + timedelta(microseconds=len(taken_items))
        changed = Slot.objects.filter(still_open, pk=slot_id).update(
            annotator=look.annotator, state=LEASED, lease_until=until, claimed_at=at
        )
        if changed:
            taken_items.add(item_id)
    return len(taken_items)


def _chosen(look: _Look, want: int) -> Iterator[tuple[int, int]]:
    """Candidates in the order in which they should be taken."""
    round, annotator, withheld, wait, in_a_row = look.round, look.annotator, look.withheld, look.wait, look.in_a_row
    # Up to `overlap` slots of one sample stand next to each other, and a person may take only one of them.
    window = want * max(2, round.overlap)
    found = _locked(lapsed_for(round, annotator, withheld), window, wait) if look.lapsed else []
    found += _locked(free_for(round, annotator, withheld), window, wait)
    # Hidden samples come among real work only: a tail of them would give them away.
    if (
        not round.is_learning
        and all(entry[3] != WORK for entry in found)
        and not _work_left(round, annotator, withheld)
    ):
        return
    if not round.calm or not any(_severe(entry[2]) for entry in found):
        yield from ((slot, item) for slot, item, _, _ in found)
        return
    run = _severe_run(round, annotator, in_a_row)
    used: set[int] = set()
    while found:
        fitting = [entry for entry in found if run < in_a_row or not _severe(entry[2])]
        if not fitting:
            calm = free_for(round, annotator, withheld).filter(
                Q(item__hint_severity__isnull=True) | Q(item__hint_severity__lt=SEVERE)
            )
            fitting = _locked(calm.exclude(item__in=used), window, wait) or found
        slot, item, severity, _ = fitting[0]
        yield slot, item
        used.add(item)
        run = run + 1 if _severe(severity) else 0
        found = [entry for entry in found if entry[1] not in used]


def _locked(slots: QuerySet[Slot], window: int, wait: bool) -> list[Candidate]:
    locked = slots.select_for_update(skip_locked=not wait, of=("self",), no_key=True)
    return list(locked.values_list("pk", "item_id", "item__hint_severity", "item__purpose")[:window])


def _work_left(round: Round, annotator: User, withheld: Q) -> bool:
    return any(
        slots.filter(item__purpose=WORK).exists()
        for slots in (free_for(round, annotator, withheld), lapsed_for(round, annotator, withheld))
    )


def _spread_overdue(round: Round, annotator: User, withheld: Q) -> None:
    work = free_for(round, annotator, withheld).filter(item__purpose=WORK)
    frontier = work.values_list("rank", flat=True).first()
    if frontier is not None:
        hidden_spread_overdue(round=round, annotator=annotator, frontier=frontier)


def _severe(severity: int | None) -> bool:
    return severity is not None and severity >= SEVERE


def _severe_run(round: Round, annotator: User, in_a_row: int) -> int:
    """How many severe samples this person was handed last, one after the other; counted up to `in_a_row`."""
    had = Slot.objects.filter(round=round, annotator=annotator, claimed_at__isnull=False)
    had = had.exclude(state=Slot.State.SKIPPED).order_by("-claimed_at")
    run = 0
    for severity in had.values_list("item__hint_severity", flat=True)[:in_a_row]:
        if not _severe(severity):
            break
        run += 1
    return run
