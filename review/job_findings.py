"""Computing what is kept about a version in the background: fairness by group, edge cases in its release."""

from __future__ import annotations

from typing import Any

from pixelhub.accounts.models import User
from pixelhub.jobs.base import JobContext, JobError, JobHandler, register
from review.refusal import Refused
from review.services import edge_cases, fairness
from training_app.models import ModelVersion


@register
class FairnessReportJob(JobHandler):
    """Figures by group over a version's stored test predictions."""

    kind = fairness.KIND
    label = "Make a fairness report"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Compute and keep the report; a second run finds the same one."""
        try:
            report = fairness.fairness_report_make(
                version=_version(ctx),
                actor=_actor(ctx),
                reference=ctx.params["reference"],
                progress=lambda done, total, note: ctx.progress(done, total, unit="conversations", note=note),
            )
        except Refused as refused:
            raise JobError(str(refused)) from None
        return {"report": report.pk, "sha256": report.sha256}


@register
class EdgeCaseCheckJob(JobHandler):
    """Every tagged conversation looked for in a version's release."""

    kind = edge_cases.KIND
    label = "Check the edge cases"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Look and keep what was found; a second run finds the same."""
        try:
            check = edge_cases.edge_cases_check(
                version=_version(ctx),
                actor=_actor(ctx),
                progress=lambda done, total, note: ctx.progress(done, total, unit="conversations", note=note),
            )
        except Refused as refused:
            raise JobError(str(refused)) from None
        return {"check": check.pk, "sha256": check.sha256}


def _version(ctx: JobContext) -> ModelVersion:
    return ModelVersion.objects.select_related("project", "release", "run").get(pk=ctx.params["version"])


def _actor(ctx: JobContext) -> User:
    if ctx.job.owner is None:
        raise JobError("This is done by somebody.")
    return ctx.job.owner
