"""Seats at cases: handed out by load, claimed, given on when somebody is away. All behind the campaign's lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.evidence.assigning import Need, share_out
from review.judged import consensus_by_case
from review.models import Assignment, Campaign, ReviewCase
from review.readers import barred_from, readers_of, specialties_of
from review.refusal import Refused
from review.services.experts import expert_ready
from review.topics import campaign_topic

__all__ = ["assignments_clear", "assignments_fill", "campaign_reassign", "case_claim", "seat_take", "seats_end"]

State, Reason = Assignment.State, Assignment.Reason


@dataclass(frozen=True, slots=True)
class Reassigned:
    """How many seats were given on, and how many of them somebody else has now."""

    released: int
    assigned: int


@transaction.atomic
def campaign_reassign(*, campaign: Campaign, actor: User) -> Reassigned:
    """Give on what waits with people who are away, inactive, or past its day. What was begun stays with its expert."""
    require(actor, campaign.project, Capability.EXPERT_MANAGE)
    locked = _open(campaign)
    released = assignments_clear(campaign=locked)
    assigned = assignments_fill(campaign=locked, actor=actor)
    record(
        action="campaign.reassign",
        actor=actor,
        project=locked.project,
        target=locked,
        payload={"released": released, "assigned": assigned},
    )
    touch(campaign_topic(locked.project_id, locked.pk))
    return Reassigned(released, assigned)


@transaction.atomic
def case_claim(*, campaign: Campaign, expert: User) -> ReviewCase | None:
    """The case that this expert reads next: begun, then assigned, then one that wants a reader; None when done.

    Registers a member who may judge but stands in no register yet. Raises Refused for the trainer, somebody inactive
    or away, and a closed campaign.
    """
    locked = _open(campaign)
    require(expert, locked.project, Capability.REVIEW_JUDGE)
    _not_the_trainer(locked, expert)
    held = _held(locked, expert)
    if held is not None:
        return held.case
    row = expert_ready(project=locked.project, user=expert)
    assignments_clear(campaign=locked)
    if row.capacity <= _load(expert):
        raise Refused(f"You have {row.capacity} cases waiting in other reviews. Judge some of those first.")
    wanting = [need for need in _needs(locked) if expert.pk not in need.barred and expert.pk not in need.readers]
    if not wanting:
        return None
    case = locked.cases.get(pk=min(wanting, key=lambda need: len(need.readers)).case)
    seat_take(campaign=locked, case=case, expert=expert)
    return case


def seat_take(*, campaign: Campaign, case: ReviewCase, expert: User) -> Assignment:
    """The expert's seat at this case, taken now where they have none; inside the transaction that locked the campaign.

    Raises Refused when the case has all its readers, or the expert is inactive or away.
    """
    seats = list(Assignment.objects.filter(case=case, state__in=Assignment.SEATED))
    mine = next((seat for seat in seats if seat.expert_id == expert.pk), None)
    if mine is not None:
        return mine
    expert_ready(project=campaign.project, user=expert)
    taken = {seat.number for seat in seats}
    free = [number for number in range(1, campaign.maximum_reviewers + 1) if number not in taken]
    if not free:
        raise Refused("This case has all the readers it needs; go on with the next one.")
    seat = Assignment.objects.create(case=case, expert=expert, number=free[0], due_on=_due(campaign))
    record(
        action="case.claim",
        actor=expert,
        project=campaign.project,
        target=case,
        payload={"campaign": campaign.pk, "seat": seat.number},
    )
    return seat


def assignments_fill(*, campaign: Campaign, actor: User | None) -> int:
    """Hand out every seat that somebody can take, inside the transaction that locked the campaign; returns how many."""
    needs = _needs(campaign)
    readers = readers_of(campaign, lock=True)
    if not needs or not readers:
        return 0
    numbers = _free_numbers(campaign)
    due = _due(campaign)
    seats = [
        Assignment(case_id=case, expert_id=expert, number=next(numbers[case]), due_on=due, assigned_by=actor)
        for case, expert in share_out(needs, readers, specialties_of(campaign.project_id))
    ]
    Assignment.objects.bulk_create(seats, batch_size=500)
    if seats:
        counts: dict[str, int] = defaultdict(int)
        for seat in seats:
            counts[str(seat.expert_id)] += 1
        record(
            action="campaign.assign",
            actor=actor,
            project=campaign.project,
            target=campaign,
            payload={"seats": len(seats), "by_expert": dict(sorted(counts.items()))},
        )
    return len(seats)


def assignments_clear(*, campaign: Campaign, today: date | None = None) -> int:
    """Release waiting seats of people who can't take them now, and those whose day passed; returns how many."""
    today = today or timezone.localdate()
    waiting = Assignment.objects.filter(case__campaign=campaign, state=State.OPEN)
    released = _release(waiting.filter(due_on__lt=today), Reason.LAPSED)
    for reason, people in barred_from(campaign, today).items():
        released += _release(waiting.filter(expert_id__in=people), reason)
    return released


def seats_end(*, campaign: Campaign, case: ReviewCase | None = None) -> int:
    """Release what waits at a case that has enough judgements, or at every case of a campaign that closes."""
    waiting = Assignment.objects.filter(case__campaign=campaign, state=State.OPEN)
    return _release(waiting, Reason.CLOSED) if case is None else _release(waiting.filter(case=case), Reason.ENOUGH)


def _release(waiting: QuerySet[Assignment], reason: str) -> int:
    return waiting.update(state=State.RELEASED, released_at=timezone.now(), released_for=reason)


def _open(campaign: Campaign) -> Campaign:
    locked = Campaign.objects.select_for_update(no_key=True, of=("self",)).select_related("project", "model_version")
    found = locked.get(pk=campaign.pk)
    if found.state != Campaign.State.OPEN:
        raise Refused("This campaign is closed.")
    return found


def _not_the_trainer(campaign: Campaign, expert: User) -> None:
    if campaign.model_version.trainer_id == expert.pk:
        raise Refused("You trained this version, so others review it.")


def _held(campaign: Campaign, expert: User) -> Assignment | None:
    """What they began comes first, then what they were given."""
    held = Assignment.objects.filter(case__campaign=campaign, expert=expert, state__in=Assignment.HELD)
    return held.select_related("case").order_by("state", "case__position").first()


def _load(expert: User) -> int:
    return Assignment.objects.filter(expert=expert, state__in=Assignment.HELD).count()


def _due(campaign: Campaign) -> date:
    return timezone.localdate() + timedelta(days=campaign.due_days)


def _needs(campaign: Campaign) -> list[Need]:
    """The cases that want more readers: up to the minimum, and one more where all who judged are split."""
    cases = list(campaign.cases.order_by("position").values_list("pk", flat=True))
    seated: dict[int, list[int]] = defaultdict(list)
    busy: set[int] = set()
    seats = Assignment.objects.filter(case__campaign=campaign, state__in=Assignment.SEATED)
    for case, expert, state in seats.values_list("case_id", "expert_id", "state"):
        seated[case].append(expert)
        if state != State.DONE:
            busy.add(case)
    lapsed: dict[int, set[int]] = defaultdict(set)
    gone = Assignment.objects.filter(case__campaign=campaign, released_for=Reason.LAPSED)
    for case, expert in gone.values_list("case_id", "expert_id"):
        lapsed[case].add(expert)
    split = {case for case, found in consensus_by_case(campaign).items() if found.is_split}
    needs = []
    for case in cases:
        readers = seated[case]
        wanted = campaign.minimum_reviewers
        if case in split and case not in busy:
            wanted = len(readers) + 1
        wanted = min(wanted, campaign.maximum_reviewers)
        if len(readers) < wanted:
            needs.append(Need(case, wanted, tuple(readers), frozenset(lapsed[case])))
    return needs


def _free_numbers(campaign: Campaign) -> dict[int, Iterator[int]]:
    taken: dict[int, set[int]] = defaultdict(set)
    seats = Assignment.objects.filter(case__campaign=campaign, state__in=Assignment.SEATED)
    for case, number in seats.values_list("case_id", "number"):
        taken[case].add(number)
    numbers = range(1, campaign.maximum_reviewers + 1)
    return {
        case: iter([number for number in numbers if number not in taken[case]])
        for case in campaign.cases.values_list("pk", flat=True)
    }
