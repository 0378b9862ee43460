"""Reads of the audit chain."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from pixelhub.audit.chain import GENESIS, HASHED_FIELDS, ChainReport, event_hash, verify_events
from pixelhub.audit.models import AuditEvent, AuditHead

__all__ = [
    "chain_head",
    "chain_verify",
    "event_hash_at",
    "events_of_hub",
    "events_of_project",
    "events_problems",
    "iterate_events",
    "iterate_hashes",
]

PAGE = 2000
_BLOCK = 500  # SQLite takes so many values in one condition, and more

_FIELDS = (*HASHED_FIELDS, "prev_hash", "hash")


def iterate_events(
    *,
    after: int = 0,
    upto: int | None = None,
    events: QuerySet[AuditEvent] | None = None,
    page: int = PAGE,
) -> Iterator[dict[str, Any]]:
    """Events in order, as plain dicts, in constant memory; those after `after` and up to `upto`, of `events` if given.

    Read in pages of `page` by their number: an open cursor would hold back writers on SQLite.
    """
    chosen = AuditEvent.objects.all() if events is None else events
    if upto is not None:
        chosen = chosen.filter(seq__lte=upto)
    while block := list(chosen.filter(seq__gt=after).order_by("seq").values(*_FIELDS)[:page]):
        yield from block
        after = block[-1]["seq"]


def iterate_hashes(*, after: int = 0, upto: int) -> Iterator[str]:
    """The hashes of events after `after` and up to `upto`, in order, in constant memory."""
    while after < upto:
        events = AuditEvent.objects.filter(seq__gt=after, seq__lte=upto).order_by("seq")
        page = list(events.values_list("seq", "hash")[: 10 * PAGE])
        if not page:
            return
        yield from (digest for _, digest in page)
        after = page[-1][0]


def chain_head() -> tuple[int, str]:
    """Number and hash of the last event; (0, GENESIS) before the first."""
    head = AuditHead.objects.filter(pk=1).first()
    return (head.seq, head.hash) if head else (0, GENESIS)


def chain_verify(
    *, after_seq: int = 0, after_hash: str = GENESIS, progress: Callable[[int, int], None] | None = None
) -> ChainReport:
    """Check every hash, every link and the head; with `after_seq`, from there on.

    `progress` is told how many of how many events are done, once a page.

    Nothing is locked: the head is read first, and event and head commit together, so events up to it are there and
    what is appended meanwhile is not looked at. An event past a head that stood still is damage, and is found.
    """
    seq, digest = chain_head()
    events = iterate_events(after=after_seq, upto=seq)
    report = verify_events(
        events if progress is None else _told(events, seq - after_seq, progress),
        head_seq=seq,
        head_hash=digest,
        after_seq=after_seq,
        after_hash=after_hash,
    )
    beyond = AuditEvent.objects.filter(seq__gt=seq).order_by("seq").values_list("seq", flat=True).first()
    if beyond is not None and chain_head() == (seq, digest):
        problem = f"event {beyond}: lies past the head of the chain ({seq})"
        report = replace(report, problems=(*report.problems, problem), broken_at=report.broken_at or beyond)
    return report


def _told(
    events: Iterable[dict[str, Any]], total: int, progress: Callable[[int, int], None]
) -> Iterator[dict[str, Any]]:
    for done, event in enumerate(events):
        if done % PAGE == 0:
            progress(done, total)
        yield event
    progress(total, total)


def events_problems(events: QuerySet[AuditEvent]) -> tuple[int, list[str]]:
    """How many events there are, and which of them are not what was written: each by its own hash and by the link of
    the event after it. For a few hundred events, wherever they lie in the chain."""
    rows = list(events.order_by("seq").values(*_FIELDS))
    following: dict[int, str] = {}
    keys = [row["seq"] + 1 for row in rows]
    for start in range(0, len(keys), _BLOCK):
        after = AuditEvent.objects.filter(seq__in=keys[start : start + _BLOCK])
        following |= {seq - 1: previous for seq, previous in after.values_list("seq", "prev_hash")}
    problems = []
    for row in rows:
        if event_hash(row, row["prev_hash"]) != row["hash"]:
            problems.append(f"event {row['seq']}: altered after it was written ({row['action']})")
        elif following.get(row["seq"], row["hash"]) != row["hash"]:
            problems.append(f"event {row['seq'] + 1}: does not follow event {row['seq']} (link broken)")
    return len(rows), problems


def event_hash_at(seq: int) -> str:
    """The stored hash of an event; "" where there is none, GENESIS before the first."""
    if seq == 0:
        return GENESIS
    return AuditEvent.objects.filter(seq=seq).values_list("hash", flat=True).first() or ""


def events_of_project(project_id: int) -> QuerySet[AuditEvent]:
    """The events of one project, newest first."""
    return AuditEvent.objects.filter(project_id=project_id).order_by("-seq")


def events_of_hub() -> QuerySet[AuditEvent]:
    """The events of no project, newest first: sign-ins, accounts, the trail's own."""
    return AuditEvent.objects.filter(project_id=None).order_by("-seq")
