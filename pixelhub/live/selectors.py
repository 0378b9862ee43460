"""Reads of revisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.utils import timezone

from pixelhub.live.models import Revision

__all__ = ["age_of", "changed_within", "revisions_of"]

#: A revision is stamped before its transaction commits, and by the clock of whichever machine wrote it.
LEEWAY_SECONDS: Final = 10.0
_OLDEST_SECONDS: Final = 30 * 86_400.0


def revisions_of(topics: Iterable[str]) -> dict[str, int]:
    """Topic -> revision in one query; a topic that never changed is 0."""
    known = {topic: 0 for topic in topics}
    if known:
        known |= dict(Revision.objects.filter(topic__in=list(known)).values_list("topic", "revision"))
    return known


def age_of(value: object) -> float:
    """How many seconds ago a page was asked for, as it says itself. Raises ValueError for what is no such number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("an age is a number of seconds")
    try:
        seconds = float(value)
    except OverflowError as error:
        raise ValueError("an age is no such large number") from error
    if not seconds >= 0:
        raise ValueError("an age is not negative")
    return min(seconds, _OLDEST_SECONDS)


def changed_within(topics: Iterable[str], age: float) -> list[str]:
    """Those that may have changed since a page of that age (in seconds) was made.

    A page hears of changes only from the moment it subscribes. What came between its making and that would never be
    told: whoever cancelled a run would read “stopping…” for ever. Telling once too often costs one more fetch.
    """
    since = timezone.now() - timedelta(seconds=age + LEEWAY_SECONDS)
    found = Revision.objects.filter(topic__in=list(topics), updated_at__gt=since, revision__gt=0)
    return sorted(found.values_list("topic", flat=True))
