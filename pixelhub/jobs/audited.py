"""What events of jobs mean, in words (see pixelhub.audit.acts)."""

from __future__ import annotations

from pixelhub.accounts.roles import Capability
from pixelhub.audit.acts import register_acts, register_targets

register_acts(
    "job",
    {
        "job.enqueue": "queued a job: {kind}",
        "job.cancel": "asked a job to stop: {kind}",
        "job.retry": "queued a job again: {kind}",
    },
)
register_targets(
    {
        "jobs.Job": ("jobs:detail", Capability.JOBS_VIEW),
    }
)
