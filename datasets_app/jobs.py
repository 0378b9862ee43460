"""Long work of the datasets app."""

from __future__ import annotations

from typing import Any

from pixelhub.jobs.base import JobContext, JobError, JobHandler, register

from .models import ImportBatch
from .services import records_import, release_compile, release_fail


@register
class DatasetImport(JobHandler):
    """Read an uploaded file into records."""

    kind = "dataset.import"
    label = "Import a file"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Import the batch named in the parameters; resumes after the last committed chunk."""
        batch_id = int(ctx.params["batch"])
        try:
            return records_import(batch_id=batch_id, ctx=ctx)
        except JobError as error:
            ImportBatch.objects.filter(pk=batch_id).update(state=ImportBatch.State.FAILED, error=str(error))
            raise


@register
class ReleaseCompile(JobHandler):
    """Compile, upload and verify a release."""

    kind = "release.compile"
    label = "Compile a release"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Compile the release named in the parameters; a second run changes nothing."""
        release_id = int(ctx.params["release"])
        try:
            return release_compile(release_id=release_id, ctx=ctx)
        except JobError as error:
            release_fail(release_id=release_id, reason=str(error))
            raise


from . import (  # noqa: E402, F401  (registers its handlers)
    job_augmentation,
    job_duplicates,
    job_ladders,
    job_pii,
    job_releases,
    job_storage,
    job_synthesis,
)
