"""What a worker does for what is in production: a look every ten minutes (JOBS_CHORES), every file once a day."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from inference.models import Deployment
from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext, JobHandler, register
from review.services.watching import production_watch

__all__ = ["ProveProduction", "watch_production"]

logger = logging.getLogger(__name__)

#: So often a worker holds production against its signed evidence, in seconds; every file of it once a day.
EVERY_S: Final = 600.0
_looked_at = float("-inf")


def watch_production() -> None:
    """Hold every project's production against what was signed for it, when the last look of this worker is old."""
    global _looked_at
    if time.monotonic() - _looked_at < EVERY_S:
        return
    _looked_at = time.monotonic()
    _watch(with_bytes=False)


@register
class ProveProduction(JobHandler):
    """Every file of what is in production, against what was signed."""

    kind = "review.prove_production"
    label = "Prove what is in production"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Look at each project; what was altered is void afterwards."""
        return {"voided": _watch(with_bytes=True)}


def _watch(*, with_bytes: bool) -> int:
    voided = 0
    for project in Project.objects.filter(deployments__in=Deployment.objects.filter(retired_at=None)).distinct():
        void = production_watch(project=project, with_bytes=with_bytes)
        if void is not None:
            voided += 1
            logger.error("the sign-off of what served project %s is void: it was altered", project.slug)
    return voided
