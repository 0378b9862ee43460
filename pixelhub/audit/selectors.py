"""Reads of the audit chain."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from pixelhub.audit.chain import GENESIS, HASHED_FIELDS, ChainReport, verify_events
from pixelhub.audit.models import AuditEvent, AuditHead

__all__ = ["chain_verify", "events_of_project", "iterate_events"]

_FIELDS = (*HASHED_FIELDS, "prev_hash", "hash")


def iterate_events() -> Iterator[dict[str, Any]]:
    """Every event in order, as plain dicts, in constant memory."""
    yield from AuditEvent.objects.order_by("seq").values(*_FIELDS).iterator(chunk_size=2000)


def chain_verify() -> ChainReport:
    """Check every hash, every link and the head, in one transaction so that appends do not look like damage."""
    with transaction.atomic():
        head = AuditHead.objects.select_for_update(no_key=True).filter(pk=1).first()
        seq, digest = (head.seq, head.hash) if head else (0, GENESIS)
        return verify_events(iterate_events(), head_seq=seq, head_hash=digest)


def events_of_project(project_id: int) -> QuerySet[AuditEvent]:
    """The events of one project, newest first."""
    return AuditEvent.objects.filter(project_id=project_id).order_by("-seq")
