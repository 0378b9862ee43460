"""Pages of events under filters, read from indices: as quick at the end of a million as at the beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import merge
from itertools import islice

from django.db.models import QuerySet

from pixelhub.audit.acts import actions_of
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_head

__all__ = ["Filter", "Page", "chosen_events", "page_of"]

_SEQ = re.compile(r"#?[0-9]{1,15}")
_HASH = re.compile(r"[0-9a-f]{64}")
_MOST = 900  # SQLite takes so many values in one condition


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a scope's events is shown; an empty value is no condition. `group` is of `acts.GROUPS`, dates are UTC."""

    group: str = ""
    action: str = ""
    actor: str = ""
    target: str = ""
    identifier: str = ""
    since: date | None = None
    until: date | None = None

    def actions(self) -> list[str] | None:
        """The actions asked for; None for all."""
        if self.action:
            return [self.action]
        return actions_of(self.group) if self.group else None


@dataclass(frozen=True, slots=True)
class Page:
    """Events, newest first, and whether there are newer and older ones."""

    events: list[AuditEvent]
    newer: bool
    older: bool


def chosen_events(events: QuerySet[AuditEvent], asked: Filter) -> QuerySet[AuditEvent]:
    """Everything of `events` but the actions, which `page_of` takes one by one."""
    if asked.actor:
        events = events.filter(actor_label=asked.actor)
    kind, _, key = asked.target.partition(" ")
    if kind:
        events = events.filter(target_type__icontains=kind)
    if key.strip():
        events = events.filter(target_id=key.strip())
    if asked.identifier:
        events = events.filter(seq__in=_numbers_of(asked.identifier.strip()))
    if asked.since:
        events = events.filter(seq__gte=_first_at(asked.since))
    if asked.until and asked.until < date.max:  # after the last day of the calendar comes none
        events = events.filter(seq__lt=_first_at(asked.until + timedelta(days=1)))
    return events


def page_of(
    events: QuerySet[AuditEvent], asked: Filter, *, before: int | None = None, after: int | None = None, size: int = 50
) -> Page:
    """The page of events older than `before`, or newer than `after`, or the newest; both are numbers of events.

    Several actions are read one by one and merged: each is a range of an index, while all at once would be sorted.
    """
    upwards = after is not None and before is None
    if before is not None:
        events = events.filter(seq__lt=before)
    elif after is not None:
        events = events.filter(seq__gt=after)
    order = "seq" if upwards else "-seq"
    actions = asked.actions()
    parts: list[Iterable[AuditEvent]] = [
        (events if action is None else events.filter(action=action)).order_by(order)[: size + 1]
        for action in ([None] if actions is None else actions)
    ]
    found = list(islice(merge(*parts, key=lambda event: event.seq, reverse=not upwards), size + 1))
    more, found = len(found) > size, found[:size]
    if upwards:
        return Page(found[::-1], newer=more, older=True)
    return Page(found, newer=before is not None, older=more)


def _numbers_of(text: str) -> list[int]:
    """Of events with this number, this hash, or this key of what they were done to (the newest of very many)."""
    numbers = list(AuditEvent.objects.filter(target_id=text).order_by("-seq").values_list("seq", flat=True)[:_MOST])
    if _SEQ.fullmatch(text):
        numbers.append(int(text.removeprefix("#")))
    if _HASH.fullmatch(text):
        numbers += AuditEvent.objects.filter(hash=text).values_list("seq", flat=True)
    return numbers


def _first_at(day: date) -> int:
    """The number of the first event of a day or after it: times rise with numbers, and numbers are what pages go by."""
    found = AuditEvent.objects.filter(at__gte=day.isoformat()).order_by("at").values_list("seq", flat=True).first()
    return (chain_head()[0] + 1) if found is None else found
