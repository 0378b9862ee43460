"""Making up conversations."""

from __future__ import annotations

from typing import Any

from pixelhub.jobs.base import JobContext, JobError, JobHandler, register

from .services.synthesis import synthesis_fail, synthesis_run


@register
class DatasetSynthesis(JobHandler):
    """Make the conversations of a batch."""

    kind = "dataset.synthesis"
    label = "Make up conversations"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Make what is missing of the batch named in the parameters; a second run changes nothing more."""
        batch_id = int(ctx.params["batch"])
        try:
            return synthesis_run(batch_id=batch_id, ctx=ctx)
        except JobError as error:
            synthesis_fail(batch_id=batch_id, reason=str(error))
            raise
