"""How long originals stay: the uploaded file and the quarantine of real people's words, deleted once nobody needs them.

The row of the import keeps the file's hash and counts. Deleting comes before noting it: a crash between the two
leaves an import that the next run notes, never a note without the deed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from datasets_app.corpus import taxonomy
from datasets_app.models import ImportBatch, PiiFinding, Record
from pixelhub.audit.services import record as audit
from pixelhub.jobs.context import remove_workdir
from pixelhub.jobs.models import FINAL_STATES
from pixelhub.live.services import touch
from pixelhub.objects import get_store

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

_UNSETTLED = (Record.PiiState.UNSCANNED, Record.PiiState.PENDING)


@dataclass(frozen=True)
class Purged:
    """One import whose originals went."""

    batch: int
    objects: int
    bytes: int


def purge_at(batch: ImportBatch) -> datetime | None:
    """When this import's originals are due; None while identifiers in it wait, and for synthetic words (they stay)."""
    if batch.source == taxonomy.Source.SYNTHETIC or batch.is_open:
        return None
    if batch.records.filter(state=Record.State.ACTIVE, pii_state__in=_UNSETTLED).exists():
        return None
    decided = PiiFinding.objects.filter(record__import_batch=batch).order_by("-decided_at")
    last = decided.filter(decided_at__isnull=False).values_list("decided_at", flat=True).first()
    return max(filter(None, (batch.created_at, last))) + timedelta(days=settings.ORIGINALS_KEEP_DAYS)


def originals_due(now: datetime | None = None) -> QuerySet[ImportBatch]:
    """Imports of real words that are ended and reviewed, with nothing decided in the last ORIGINALS_KEEP_DAYS days."""
    before = (now or timezone.now()) - timedelta(days=settings.ORIGINALS_KEEP_DAYS)
    waiting = Record.objects.filter(import_batch=OuterRef("pk"), state=Record.State.ACTIVE, pii_state__in=_UNSETTLED)
    fresh = PiiFinding.objects.filter(record__import_batch=OuterRef("pk"), decided_at__gt=before)
    ended = Q(state__in=(ImportBatch.State.DONE, ImportBatch.State.FAILED)) | Q(job__state__in=FINAL_STATES)
    return (
        ImportBatch.objects.filter(ended, created_at__lte=before, original_purged_at__isnull=True)
        .exclude(source=taxonomy.Source.SYNTHETIC)
        .filter(~Exists(waiting), ~Exists(fresh))
        .select_related("project", "job")
        .order_by("pk")
    )


def original_purge(*, batch: ImportBatch, actor: User | None = None) -> Purged | None:
    """Delete an import's file and quarantine and note it. None where somebody else has done it or it isn't due now.

    A file that another import of the same bytes still needs stays until that one is due.
    """
    keys = [key for key in (batch.object_key, batch.quarantine_key) if key]
    needed = ImportBatch.objects.filter(object_key=batch.object_key, original_purged_at__isnull=True)
    needed = needed.exclude(source=taxonomy.Source.SYNTHETIC, state=ImportBatch.State.DONE)
    if needed.exclude(pk=batch.pk).exists():
        keys = [key for key in keys if key != batch.object_key]
    if not originals_due().filter(pk=batch.pk).exists():
        return None
    store = get_store()
    objects = size = 0
    for key in keys:
        if store.exists(key):
            size += store.stat(key).size
            store.delete(key)
            objects += 1
    if batch.job is not None:
        remove_workdir(batch.job)  # a failed job keeps its copy of the file for another attempt
    with transaction.atomic():
        noted = ImportBatch.objects.filter(pk=batch.pk, original_purged_at__isnull=True).update(
            original_purged_at=timezone.now()
        )
        if not noted:
            return None
        payload = {"file_sha256": batch.file_sha256, "objects": objects, "bytes": size}
        audit(action="import.purge_original", actor=actor, project=batch.project, target=batch, payload=payload)
        touch(f"project:{batch.project_id}:imports")
    return Purged(batch=batch.pk, objects=objects, bytes=size)


def original_gone(batch: ImportBatch) -> str:
    """A sentence for people where the original was deleted; "" while it is there."""
    if batch.original_purged_at is None:
        return ""
    return (
        f"The original of this import was deleted on {batch.original_purged_at:%Y-%m-%d}, as the policy says "
        f"({settings.ORIGINALS_KEEP_DAYS} days after its review). Bring the file in again; its SHA-256 must be "
        f"{batch.file_sha256}."
    )
