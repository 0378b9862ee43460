"""Verifying the trail, and publishing its head: the acts behind the page, the commands and the jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from django.db import transaction

from pixelhub.audit.chain import GENESIS, ChainReport
from pixelhub.audit.merkle import extended
from pixelhub.audit.models import AuditCheck
from pixelhub.audit.published import FORMAT, PublishedHead, head_key, published_heads, published_problems
from pixelhub.audit.selectors import chain_head, chain_verify, event_hash_at, iterate_hashes
from pixelhub.audit.services import record
from pixelhub.keys import signing_key
from pixelhub.objects import get_store

__all__ = ["Recent", "audit_publish_head", "audit_verify", "checked_upto", "last_good_check", "recent_verify"]

#: So many events a page reads of the chain while somebody waits: 0.3 s.
MOST_AT_ONCE = 20_000


def last_good_check() -> AuditCheck | None:
    """The check that has found good the most events, while the last of them is still the one that was checked."""
    last = AuditCheck.objects.filter(problems=[]).order_by("-last_seq", "-pk").first()
    return last if last is not None and event_hash_at(last.last_seq) == last.head else None


def checked_upto() -> tuple[int, str]:
    """Number and hash of the last event that a check has found good; the beginning where none has."""
    last = last_good_check()
    return (last.last_seq, last.head) if last else (0, GENESIS)


@dataclass(frozen=True, slots=True)
class Recent:
    """What a page looked at of the chain: `report` on events `first` to the head, and the check that it goes on from.

    `unchecked` says which events nobody has verified, where there are any; "" otherwise.
    """

    report: ChainReport
    first: int
    head_seq: int
    trusted: AuditCheck | None
    unchecked: str = ""


def recent_verify(*, whole: bool = False) -> Recent:
    """Check what came after the last good check, the newest 20,000 events at the most; all of it with `whole`."""
    trusted = None if whole else last_good_check()
    after_seq, after_hash = (trusted.last_seq, trusted.head) if trusted else (0, GENESIS)
    head_seq, skipped = chain_head()[0], ""
    if not whole and head_seq - after_seq > MOST_AT_ONCE:
        skipped = f"events {after_seq + 1:,} to {head_seq - MOST_AT_ONCE:,} were not verified yet; verify the trail"
        after_seq = head_seq - MOST_AT_ONCE
        after_hash = event_hash_at(after_seq)
    report = chain_verify(after_seq=after_seq, after_hash=after_hash)
    return Recent(report, after_seq + 1, after_seq + report.events, trusted, skipped)


def audit_verify(
    *, whole: bool = True, asked_by: Any = None, progress: Callable[[int, int], None] | None = None
) -> AuditCheck:
    """Check the chain, all of it or what came after the last good check, and compare it with every published head.

    The result is kept as a row; reading the chain changes nothing else. `progress` is told events done and to do.
    """
    began = monotonic()
    after_seq, after_hash = (0, GENESIS) if whole else checked_upto()
    report = chain_verify(after_seq=after_seq, after_hash=after_hash, progress=progress)
    heads, head_problems = published_problems()
    return AuditCheck.objects.create(
        whole=after_seq == 0,
        first_seq=after_seq + 1,
        last_seq=after_seq + report.events,
        head=report.head,
        events=report.events,
        published_heads=heads,
        problems=[*report.problems, *head_problems],
        broken_at=report.broken_at,
        seconds=round(monotonic() - began, 3),
        asked_by=asked_by,
    )


def _peaks(seq: int, last: PublishedHead | None) -> list[list[Any]]:
    """The hash tree over all events up to `seq`; what the last head has of it is not read again."""
    begun = last is not None and last.seq <= seq and event_hash_at(last.seq) == last.document["hash"]
    peaks = [(height, root) for height, root in last.document["peaks"]] if last and begun else []
    after = last.seq if last and begun else 0
    return [[height, root] for height, root in extended(peaks, iterate_hashes(after=after, upto=seq))]


def audit_publish_head(*, actor: Any = None) -> PublishedHead | None:
    """Sign the head of the chain and store it under a name that is written once. None where it is published already.

    Two at once publish one head each at the most; a chain that is broken at its head is published as it is, since the
    comparison is what finds it.
    """
    seq, digest = chain_head()
    key = head_key(seq, digest)
    if seq == 0 or get_store().exists(key):
        return None
    last = max(published_heads(), key=lambda head: head.seq, default=None)
    document = {
        "format": FORMAT,
        "seq": seq,
        "hash": digest,
        "peaks": _peaks(seq, last),
        "previous": last.sha256 if last else "",
        "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    head = PublishedHead(key, document, signing_key().sign(document))
    try:
        get_store().put(key, head.bytes(), if_absent=True)
    except FileExistsError:
        return None
    with transaction.atomic():
        record(action="audit.publish_head", actor=actor, payload={"seq": seq, "key": key, "sha256": head.sha256})
    return head
