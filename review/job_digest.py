"""The job that sends the daily digests."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from pixelhub.jobs.base import JobContext, JobHandler, register
from review.services.digests import digests_send
from review.watch import KIND


@register
class DigestSend(JobHandler):
    """The digests that are due now, of every project."""

    kind = KIND
    label = "Send the daily digests"
    queue = "default"
    heavy = False

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Send; what the mail server did not take is due again later, by its own row."""
        return dict(digests_send(now=timezone.now()))
