"""What syncs and snapshots share: how one that ended early is noted."""

from __future__ import annotations

from django.db import transaction

from datasets_app.models import StoreWork
from pixelhub.audit.services import record
from pixelhub.jobs.models import Job


def store_work_fail(*, work_id: int, reason: str, job: Job) -> None:
    """Note why a sync or snapshot ended early; one that is done, expired or failed already stays as it is."""
    with transaction.atomic():
        open_works = StoreWork.objects.filter(pk=work_id, state__in=(StoreWork.State.QUEUED, StoreWork.State.RUNNING))
        if not open_works.update(state=StoreWork.State.FAILED, error=reason[:2000]):
            return
        work = StoreWork.objects.select_related("created_by").get(pk=work_id)
        record(
            action=f"store_{work.kind}.fail",
            actor=work.created_by,
            project=job.project,
            target=work,
            payload={"name": work.name, "reason": reason[:500]},
        )
