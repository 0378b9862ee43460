"""Jobs of the trail: verified each night and when asked, its head published each hour in which something happened."""

from __future__ import annotations

from typing import Any

from pixelhub.audit.verification import audit_publish_head, audit_verify
from pixelhub.jobs.base import JobContext, JobError, JobHandler, register


@register
class AuditVerify(JobHandler):
    """Check the chain and compare it with the published heads; a chain that does not hold fails the job."""

    kind = "audit.verify"
    label = "Verify the audit trail"
    heavy = False
    max_attempts = 1

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Reading only, so it bears repeating. `params`: whole (default) or not. Raises JobError for what is found."""
        check = audit_verify(
            whole=bool(ctx.params.get("whole", True)),
            asked_by=ctx.job.owner,
            progress=lambda done, total: ctx.progress(done, total, unit="events", note="recomputing each hash"),
        )
        for problem in check.problems:
            ctx.log(problem)
        ctx.log(f"{check.events} events, {check.published_heads} published heads, {len(check.problems)} problems")
        if not check.ok:
            raise JobError(f"The audit trail does not hold, from event {check.broken_at} on: {check.problems[0]}")
        return {"events": check.events, "ok": True, "problems": 0}


@register
class AuditPublishHead(JobHandler):
    """Sign the head of the chain and put it into the object store."""

    kind = "audit.publish_head"
    label = "Publish the head of the audit trail"
    heavy = False

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """A head that is published already is not published again."""
        head = audit_publish_head(actor=ctx.job.owner)
        ctx.log(f"published {head.key}" if head else "the head is published already")
        return {"seq": head.seq if head else None}
