"""How much is left, on the screen of somebody who labels: asked with every claim, so not counted anew each time."""

from __future__ import annotations

from django.core.cache import cache

from annotation.models import Round
from annotation.selectors_assignment import Tally, left_for, tally_of
from pixelhub.accounts.models import User

FRESH_SECONDS = 20
EXACT_BELOW = 100


def progress_shown(round: Round, user: User, tally: Tally | None = None) -> dict[str, int]:
    """{"done", "left"} of one person. What they did themself counts at once (`tally`, where the caller has it).

    What others did meanwhile may lag by `FRESH_SECONDS`, but never among the last `EXACT_BELOW`.
    """
    mine = tally_of(round, user) if tally is None else tally
    opened = round.opened_at.timestamp() if round.opened_at else 0
    key = f"annotation:left:{round.pk}:{user.pk}:{opened}"
    found = cache.get(key)
    left = found["left"] + found["answered"] - mine.answered if found else None
    if left is None or left < EXACT_BELOW:
        left = left_for(round, user)
        cache.set(key, {"left": left, "answered": mine.answered}, FRESH_SECONDS)
    return {"done": mine.done, "left": left}
