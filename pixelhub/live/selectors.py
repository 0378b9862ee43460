"""Reads of revisions."""

from __future__ import annotations

from collections.abc import Iterable

from pixelhub.live.models import Revision

__all__ = ["revisions_of"]


def revisions_of(topics: Iterable[str]) -> dict[str, int]:
    """Topic -> revision in one query; a topic that never changed is 0."""
    known = {topic: 0 for topic in topics}
    if known:
        known |= dict(Revision.objects.filter(topic__in=list(known)).values_list("topic", "revision"))
    return known
