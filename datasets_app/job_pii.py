"""Long work on identifiers: searching what nothing has looked at, and applying what was decided in bulk."""

from __future__ import annotations

from typing import Any, Final

from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext, JobError, JobHandler, register
from pixelhub.objects import ObjectStoreError

from .selectors_pii import decided_records
from .services.pii import confirm_bulk_decided
from .services.retention import original_purge, originals_due
from .services.screening import records_screen

_RECORDS_PER_STEP: Final = 20


@register
class DatasetScreen(JobHandler):
    """Search unscanned records for identifiers and risk."""

    kind = "dataset.screen"
    label = "Search records for identifiers"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Screen what is unscanned now; resumes by itself, because a screened record is not unscanned any more."""
        project = Project.objects.get(pk=int(ctx.params["project"]))
        return records_screen(project=project, actor=ctx.job.owner, ctx=ctx)


@register
class PiiApply(JobHandler):
    """Rewrite the conversations whose findings were all decided in bulk."""

    kind = "dataset.pii_apply"
    label = "Apply decisions on identifiers"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Confirm every decided record that nobody has on screen; a record is confirmed with its step or not at all."""
        project = Project.objects.get(pk=int(ctx.params["project"]))
        pks = list(decided_records(project).values_list("pk", flat=True))
        counts = {"reviewed": 0, "withdrawn": 0, "left": 0}
        for at in range(0, len(pks), _RECORDS_PER_STEP):
            chunk = pks[at : at + _RECORDS_PER_STEP]
            found = []
            with ctx.step(done=at + len(chunk), total=len(pks), unit="records"):
                found = [confirm_bulk_decided(record_id=pk, actor=ctx.job.owner) for pk in chunk]
            for outcome in found:
                counts["left" if outcome is None else "withdrawn" if outcome.withdrawn else "reviewed"] += 1
        return counts


@register
class PurgeOriginals(JobHandler):
    """Delete the originals whose time has come; JOBS_DAILY queues one each day."""

    kind = "dataset.purge_originals"
    label = "Delete originals that are due"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Purge every import that is due; two at once do no harm. Fails where an object could not be deleted."""
        due = list(originals_due())
        purged, failed = [], []
        for done, batch in enumerate(due, start=1):
            ctx.progress(done, len(due), unit="imports")
            try:
                found = original_purge(batch=batch)
            except ObjectStoreError:
                failed.append(batch.pk)
            else:
                purged += [found] if found else []
        if failed:
            raise JobError(f"The objects of {len(failed)} imports could not be deleted: {failed[:20]}.")
        return {"purged": len(purged), "objects": sum(p.objects for p in purged), "bytes": sum(p.bytes for p in purged)}
