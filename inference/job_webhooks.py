"""Long work of inference: messages to a project's webhook."""

from __future__ import annotations

from typing import Any

from inference.models import WebhookDelivery
from inference.services.webhooks import JOB_KIND, delivery_give_up, delivery_send
from pixelhub.jobs.base import JobAttemptFailed, JobContext, JobError, JobHandler, register


@register
class WebhookDeliver(JobHandler):
    """Send one message until it arrives: with JOBS_RETRY_SECONDS at 5, ten attempts take about 43 minutes."""

    kind = JOB_KIND
    label = "Send a message to the webhook"
    queue = "default"
    heavy = False
    max_attempts = 10

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """One attempt."""
        delivery = WebhookDelivery.objects.select_related("webhook").get(pk=ctx.params["delivery"])
        if delivery.state != WebhookDelivery.State.WAITING:
            return {"state": delivery.state}
        if not delivery.webhook.is_live:
            delivery_give_up(delivery=delivery)
            return {"state": "given_up"}
        attempt = delivery_send(delivery=delivery)
        if attempt.arrived:
            return {"status": attempt.status}
        reason = f"The webhook did not take the message ({attempt.problem}, status {attempt.status or 'none'})."
        if ctx.job.attempts >= ctx.job.max_attempts:
            delivery_give_up(delivery=delivery)
            raise JobError(reason)
        raise JobAttemptFailed(reason)
