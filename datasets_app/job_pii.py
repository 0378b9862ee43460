"""Long work on identifiers: searching what nothing has looked at, and applying what was decided in bulk."""

from __future__ import annotations

from typing import Any, Final

from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext, JobHandler, register

from .selectors_pii import decided_records
from .services.pii import confirm_bulk_decided
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
