"""Drawing an expert set in the background: every candidate is compared with what releases train on."""

from __future__ import annotations

from typing import Any

from pixelhub.jobs.base import JobContext, JobError, JobHandler, register
from review.refusal import Refused
from review.services import expert_sets


@register
class ExpertSetDraw(JobHandler):
    """A set by its seed, or the reason why there is too little to draw from."""

    kind = expert_sets.KIND
    label = "Draw an expert set"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Draw; a second run of the same request finds the set that is there."""
        project, actor = ctx.job.project, ctx.job.owner
        if project is None or actor is None:
            raise JobError("An expert set is drawn by somebody, in a project.")
        try:
            drawn = expert_sets.expert_set_draw(
                project=project,
                actor=actor,
                progress=lambda done, total, note: ctx.progress(done, total, unit="conversations", note=note),
                **ctx.params,
            )
        except Refused as refused:
            raise JobError(str(refused)) from None
        return {"expert_set": drawn.pk, "version": drawn.version}
