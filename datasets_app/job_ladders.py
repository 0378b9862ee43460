"""Stage ladders are built by a job."""

from __future__ import annotations

from typing import Any

from pixelhub.jobs.base import JobContext, JobError, JobHandler, register

from .services.ladders import BUILD, ladder_build, ladder_fail


@register
class LadderBuild(JobHandler):
    """Judge, choose, write and publish."""

    kind = BUILD
    label = "Build a stage ladder"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Build the ladder named in the parameters; a second run goes on where the first was killed."""
        ladder = int(ctx.params["ladder"])
        try:
            return ladder_build(ladder_id=ladder, ctx=ctx)
        except JobError as error:
            ladder_fail(ladder_id=ladder, reason=str(error))
            raise
