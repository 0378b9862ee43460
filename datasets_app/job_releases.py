"""Jobs on releases that exist: export and comparison."""

from __future__ import annotations

from typing import Any

from pixelhub.jobs.base import JobContext, JobHandler, register

from .services.comparison import comparison_make
from .services.publication import release_export


@register
class ReleaseExport(JobHandler):
    """Copy a published release to exports/releases/."""

    kind = "release.export"
    label = "Export a release"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Export the release named in the parameters; a second run changes nothing."""
        return release_export(release_id=int(ctx.params["release"]), actor=ctx.job.owner, ctx=ctx)


@register
class ReleaseCompare(JobHandler):
    """Compare two releases."""

    kind = "release.compare"
    label = "Compare two releases"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Compare the releases named in the parameters."""
        return comparison_make(old_id=int(ctx.params["old"]), new_id=int(ctx.params["new"]), ctx=ctx)
