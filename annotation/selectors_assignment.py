"""Who may be handed what: free slots for a person, opt-outs, and the fair share of a round.

Load is balanced by one rule. A person's share of a round is its asked-for labels divided by the people; beyond the
share and some slack nobody is handed more while somebody below their share could still take something. Those who
paused, left, or did not come for two days don't hold the others back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation.models import Annotation, Qualification, Round, RoundAnnotator, RoundItem, Slot
from annotation.selectors_care import opted_out, spared
from pixelhub.accounts.models import User

__all__ = [
    "Tally",
    "allowance_of",
    "anything_left_for",
    "free_for",
    "lapsed_for",
    "left_for",
    "nothing_left",
    "past_share",
    "share_forget",
    "tally_of",
]

SLACK_SHARE = 0.1
SLACK_LEAST = 10
ABSENT_AFTER = timedelta(days=2)
SHARE_CACHE_SECONDS = 30
WORK = RoundItem.Purpose.WORK
FREE, LEASED, DONE = Slot.State.FREE, Slot.State.LEASED, Slot.State.DONE


def free_for(round: Round, person: User, withheld: Q) -> QuerySet[Slot]:
    """Free slots that this person could take, the next one first; `withheld` is what `selectors_care.spared` says."""
    return _open_to(Slot.objects.filter(round=round, state=FREE), person, withheld)


def lapsed_for(round: Round, person: User, withheld: Q) -> QuerySet[Slot]:
    """Slots whose holders have let their lease lapse, and that this person could take."""
    return _open_to(Slot.objects.filter(round=round, state=LEASED, lease_until__lt=timezone.now()), person, withheld)


def left_for(round: Round, person: User) -> int:
    """Samples that this person could still label: with room, and not seen by them, or held by them now."""
    left = _left(round, person)
    if round.is_learning or left.filter(item__purpose=WORK).exists():
        return left.values("item").distinct().count()
    # Hidden samples are handed out beside real work only; those that are held still count.
    return Slot.objects.filter(round=round, annotator=person, state=LEASED).count()


def anything_left_for(round: Round, person: User) -> bool:
    """Whether `left_for` is more than nothing; much cheaper."""
    left = _left(round, person)
    if round.is_learning or left.filter(item__purpose=WORK).exists():
        return left.exists()
    return Slot.objects.filter(round=round, annotator=person, state=LEASED).exists()


def allowance_of(round: Round) -> int:
    """How many labels one person may be handed while others wait: the fair share and some slack."""
    share = _share(round)
    return share + max(SLACK_LEAST, math.ceil(SLACK_SHARE * share))


def share_forget(round: Round) -> None:
    """The number of people or of labels has changed."""
    cache.delete(_share_key(round))


@dataclass(frozen=True)
class Tally:
    """One person's slots of a round: `taken` are held or labelled ones of the common pool, `answered` has skips too."""

    taken: int
    answered: int
    done: int


def tally_of(round: Round, person: User) -> Tally:
    """Counted in one statement, for the share and for what is shown of the progress."""
    common = Q(state__in=(LEASED, DONE), reserved_for__isnull=True)
    mine = Slot.objects.filter(annotator=person, round=round)
    counted = mine.aggregate(
        taken=Count("pk", filter=common),
        answered=Count("pk", filter=~Q(state=LEASED)),
        done=Count("pk", filter=Q(state=DONE)),
    )
    return Tally(**counted)


def past_share(round: Round, person: User, tally: Tally | None = None) -> bool:
    """Whether this person had their share and slack while somebody below their share could still take something."""
    taken = _taken(round, person) if tally is None else tally.taken
    if taken < allowance_of(round):
        return False
    share = _share(round)
    return any(_taken(round, other) < share and _could_take(round, other) for other in _at_work(round, person))


def nothing_left(round: Round, person: User) -> dict[str, str]:
    """Why this person is handed nothing now: a code, and a sentence for them."""
    if past_share(round, person):
        return {
            "why": "share",
            "message": "You have done your share of this round. The rest waits for your colleagues. Thank you.",
        }
    if free_for(round, person, Q(pk__in=[])).exists():
        return {
            "why": "opted_out",
            "message": "What is left seems to be about a topic you chose not to read. Others take it. Thank you.",
        }
    if anything_left_for(round, person):
        return {
            "why": "held",
            "message": "Others hold the last samples. If they give one back, it comes to you; come back later.",
        }
    return {"why": "done", "message": "Nothing is left for you in this round. Thank you."}


def _open_to(slots: QuerySet[Slot], person: User, withheld: Q) -> QuerySet[Slot]:
    seen = Slot.objects.filter(item=OuterRef("item"), annotator=person)
    for_them = Q(reserved_for__isnull=True) | Q(reserved_for=person)
    slots = slots.filter(for_them, ~Exists(seen)).order_by("rank", "item_id")
    return slots.exclude(withheld) if withheld else slots


def _left(round: Round, person: User) -> QuerySet[Slot]:
    seen = Slot.objects.filter(item=OuterRef("item"), annotator=person).exclude(state=LEASED)
    for_them = Q(reserved_for__isnull=True) | Q(reserved_for=person)
    slots = Slot.objects.filter(for_them, ~Exists(seen), round=round, state__in=(FREE, LEASED)).order_by()
    # Looking at each sample's hint costs a join per slot: only for those who opted out of something.
    wishes = opted_out(person, round.project)
    return slots.exclude(item__hint_type__in=wishes) if wishes.exists() else slots


def _share(round: Round) -> int:
    found = cache.get(_share_key(round))
    if found is None:
        asked = Slot.objects.filter(round=round, reserved_for__isnull=True).exclude(state=Slot.State.SKIPPED).count()
        found = math.ceil(asked / max(1, RoundAnnotator.objects.filter(round=round).count()))
        cache.set(_share_key(round), found, SHARE_CACHE_SECONDS)
    return int(found)


def _share_key(round: Round) -> str:
    return f"annotation:share:{round.pk}:{round.opened_at.timestamp() if round.opened_at else 0}"


def _taken(round: Round, person: User) -> int:
    mine = Slot.objects.filter(annotator=person, round=round, state__in=(LEASED, DONE))
    return mine.filter(reserved_for__isnull=True).count()


def _could_take(round: Round, person: User) -> bool:
    withheld = spared(person, round.project, day_is_full=False)
    return free_for(round, person, withheld).filter(reserved_for__isnull=True).exists()


def _at_work(round: Round, person: User) -> list[User]:
    """The others who can be expected to go on: invited, active, not paused, and here in the last two days."""
    paused = Qualification.objects.filter(project=round.project_id, state=Qualification.State.PAUSED)
    others = User.objects.filter(
        is_active=True, pk__in=RoundAnnotator.objects.filter(round=round).values("annotator")
    ).exclude(pk=person.pk)
    others = others.exclude(pk__in=paused.values("annotator"))
    since = timezone.now() - ABSENT_AFTER
    if round.opened_at is None or round.opened_at > since:
        return list(others)
    labels = Annotation.objects.filter(item__round=round).values("annotator").annotate(last=Max("submitted_at"))
    here = labels.filter(last__gt=since).values("annotator")
    return list(others.filter(pk__in=here))
