"""What a worker does for the trail every few seconds (JOBS_CHORES)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from pixelhub.jobs.services import job_enqueue

KIND = "audit.publish_head"
# Publishing is no news to publish: an idle hub would sign its own signing for ever.
_NO_NEWS = (KIND, "job.enqueue")


def publish_when_due() -> None:
    """Queue a publication when the last is old enough and something has happened since."""
    minutes = settings.AUDIT_PUBLISH_MINUTES
    if minutes <= 0:
        return
    recent = Job.objects.filter(kind=KIND, created_at__gte=timezone.now() - timedelta(minutes=minutes))
    if recent.exists():
        return
    last = AuditEvent.objects.filter(action=KIND).order_by("-seq").values_list("seq", flat=True).first() or 0
    if AuditEvent.objects.filter(seq__gt=last).exclude(action__in=_NO_NEWS).exists():
        job_enqueue(kind=KIND, params={}, project=None, owner=None)
