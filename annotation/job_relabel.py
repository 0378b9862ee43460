"""Proposing many labels to be made again, after an approval."""

from __future__ import annotations

from typing import Any

from annotation.models import Guideline
from annotation.services.relabel import JOB_KIND, relabel_propose
from pixelhub.jobs.base import JobContext, JobHandler, register


@register
class RelabelPropose(JobHandler):
    """Propose the labels that an approved version concerns."""

    kind = JOB_KIND
    label = "Find labels to make again"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """One step for all of them; a second run finds none left."""
        guideline = Guideline.objects.select_related("project").get(pk=int(ctx.params["guideline"]))
        with ctx.step(done=0, unit="labels"):
            proposed = relabel_propose(guideline=guideline, actor=ctx.job.owner)
        return {"proposed": proposed}
