"""Searching a project's records for duplicates, and acting on what was found."""

from __future__ import annotations

from typing import Any

from pixelhub.jobs.base import JobContext, JobError, JobHandler, register

from .services.duplicate_acts import duplicates_act
from .services.duplicates import duplicates_fail, duplicates_run


@register
class DatasetDuplicates(JobHandler):
    """Find duplicates (parameters name a search), or withdraw or restore its copies (they name an act as well)."""

    kind = "dataset.duplicates"
    label = "Find duplicates"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Do the search or the act; a second run changes nothing more."""
        search_id = int(ctx.params["search"])
        if "act" in ctx.params:
            return duplicates_act(search_id=search_id, params=ctx.params, ctx=ctx)
        try:
            return duplicates_run(search_id=search_id, ctx=ctx)
        except JobError as error:
            duplicates_fail(search_id=search_id, reason=str(error))
            raise
