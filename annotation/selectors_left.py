"""How much is left, on the screen of somebody who labels: asked with every claim, so not counted anew each time."""

from __future__ import annotations

from django.core.cache import cache

from annotation.models import Round, Slot
from annotation.selectors_assignment import left_for
from pixelhub.accounts.models import User

FRESH_SECONDS = 20
EXACT_BELOW = 100


def progress_shown(round: Round, user: User) -> dict[str, int]:
    """{"done", "left"} of one person. What they did themself counts at once.

    What others did meanwhile may lag by `FRESH_SECONDS`, but never among the last `EXACT_BELOW`.
    """
    answered = Slot.objects.filter(round=round, annotator=user).exclude(state=Slot.State.LEASED)
    states = list(answered.values_list("state", flat=True))
    opened = round.opened_at.timestamp() if round.opened_at else 0
    key = f"annotation:left:{round.pk}:{user.pk}:{opened}"
    found = cache.get(key)
    left = found["left"] + found["answered"] - len(states) if found else None
    if left is None or left < EXACT_BELOW:
        left = left_for(round, user)
        cache.set(key, {"left": left, "answered": len(states)}, FRESH_SECONDS)
    return {"done": states.count(Slot.State.DONE), "left": left}
