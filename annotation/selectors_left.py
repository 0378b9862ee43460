"""How much is left, on the screen of somebody who labels: asked with every claim, so not counted anew each time."""

from __future__ import annotations

from django.core.cache import cache
from django.db.models import Exists, OuterRef

from annotation.models import Round, Slot
from annotation.selectors_assignment import Tally, left_for, tally_of
from annotation.selectors_care import opted_out
from pixelhub.accounts.models import User

FRESH_SECONDS = 20
SHARED_SECONDS = 10
EXACT_BELOW = 100
WAITING = (Slot.State.FREE, Slot.State.LEASED)


def progress_shown(round: Round, user: User, tally: Tally | None = None) -> dict[str, int]:
    """{"done", "left"} of one person. What they did themself counts at once (`tally`, where the caller has it).

    What others did meanwhile may lag by `FRESH_SECONDS + SHARED_SECONDS`, but never among the last `EXACT_BELOW`.
    """
    mine = tally_of(round, user) if tally is None else tally
    key = f"annotation:left:{round.pk}:{user.pk}:{_opened(round)}"
    found = cache.get(key)
    left = found["left"] + found["answered"] - mine.answered if found else None
    if left is None or left < EXACT_BELOW:
        left = _left(round, user)
        cache.set(key, {"left": left, "answered": mine.answered}, FRESH_SECONDS)
    return {"done": mine.done, "left": left}


def _left(round: Round, user: User) -> int:
    """As `left_for`. In a large round what waits for anybody is counted once for all, and the person's own part apart.

    Whoever opted out of a topic is counted exactly: whose samples those are is not the same for everybody.
    """
    if not round.is_learning and not opted_out(user, round.project).exists():
        common = Slot.objects.filter(item=OuterRef("item"), reserved_for__isnull=True, state__in=WAITING)
        answered = Slot.objects.filter(annotator=user, round=round).exclude(state=Slot.State.LEASED)
        left = _waiting_for_anybody(round) - answered.filter(Exists(common)).count()
        if left >= max(EXACT_BELOW, 1):
            # A person has few of them in all rounds together; asked for this round's, SQLite reads all of the round's.
            own = Slot.objects.filter(reserved_for=user, state__in=WAITING).filter(~Exists(common))
            return left + list(own.order_by().values_list("round_id", flat=True)).count(round.pk)
    return left_for(round, user)


def _waiting_for_anybody(round: Round) -> int:
    key = f"annotation:waiting:{round.pk}:{_opened(round)}"
    found = cache.get(key)
    if found is None:
        waiting = Slot.objects.filter(round=round, reserved_for__isnull=True, state__in=WAITING)
        found = waiting.order_by().values("item").distinct().count()
        cache.set(key, found, SHARED_SECONDS)
    return int(found)


def _opened(round: Round) -> float:
    """In the keys of what is kept, so that a round opened again, or one of another database, has figures of its own."""
    return round.opened_at.timestamp() if round.opened_at else 0
