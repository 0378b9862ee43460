"""What a worker does for review every few seconds (JOBS_CHORES)."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from pixelhub.jobs.models import FINAL_STATES, Job
from pixelhub.jobs.services import job_enqueue
from review.models import DigestSubscription

KIND = "review.digest"


def queue_digests() -> None:
    """Queue one job when a digest is due. Two workers may queue one each: each digest is still sent once."""
    now = timezone.now()
    free = Q(held_until=None) | Q(held_until__lte=now)
    if not DigestSubscription.objects.filter(free, next_at__lte=now).exists():
        return
    if not Job.objects.filter(kind=KIND).exclude(state__in=FINAL_STATES).exists():
        job_enqueue(kind=KIND, params={}, project=None, owner=None)
