"""Long work of annotation."""

from __future__ import annotations

from typing import Any

from annotation.errors import AnnotationError
from annotation.models import Round
from annotation.services.rater_models import JOB_KIND, rater_models_fit
from pixelhub.jobs.base import JobContext, JobError, JobHandler, register


@register
class RaterModels(JobHandler):
    """Fit the rater models of a closed round."""

    kind = JOB_KIND
    label = "Fit rater models"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Fit the round named in the parameters; a second run gives the same."""
        round = Round.objects.select_related("project").get(pk=int(ctx.params["round"]))
        if round.state == Round.State.PUBLISHED:
            return {"models": []}  # decided before anybody needed them
        try:
            fits = rater_models_fit(round=round, actor=ctx.job.owner)
        except AnnotationError as error:
            raise JobError(str(error)) from error
        return {"models": [fit.model for fit in fits]}


from . import job_relabel  # noqa: E402, F401  (registers its handler)
