"""The job row: what is to be done, who may do it now, how far it is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from pixelhub.jobs.registry import label_of


class JobState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


_RECENT = timedelta(minutes=1)

FINAL_STATES = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


class Job(models.Model):
    """One long piece of work. Only the holder of the current `fence` may write to a running row."""

    State = JobState

    kind = models.CharField(max_length=100)
    queue = models.CharField(max_length=40, default="default")
    params = models.JSONField(default=dict)
    project = models.ForeignKey(
        "accounts.Project", on_delete=models.CASCADE, null=True, blank=True, related_name="jobs"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="jobs"
    )
    idempotency_key = models.CharField(max_length=200, blank=True, default="")

    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    unit = models.CharField(max_length=40, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="")
    rate = models.FloatField(null=True, blank=True, help_text="Units per second, over the last half minute.")

    fence = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=100, blank=True, default="")
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=3)
    not_before = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    deliveries = models.PositiveIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)

    # Text, not JSON: a database may write a number differently, and then its hash would not hold.
    checkpoint_json = models.TextField(blank=True, default="")
    checkpoint_sha256 = models.CharField(max_length=64, blank=True, default="")
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    log_seq = models.PositiveBigIntegerField(default=0)

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("state", "lease_until"), name="jobs_state_lease"),
            models.Index(fields=("project", "-id"), name="jobs_project_newest"),
            models.Index(fields=("owner", "-id"), name="jobs_owner_newest"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="jobs_state_known"),
            models.CheckConstraint(condition=Q(attempts__lte=F("max_attempts")), name="jobs_attempts_bounded"),
            models.UniqueConstraint(
                fields=("kind", "project", "idempotency_key"),
                condition=~Q(idempotency_key=""),
                name="jobs_idempotency",
            ),
        )

    def __str__(self) -> str:
        return f"job {self.pk} ({self.kind}, {self.state})"

    def get_absolute_url(self) -> str:
        return reverse("jobs:detail", args=[self.pk])

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    @property
    def label(self) -> str:
        """The handler's name for people; the kind itself when no handler is registered."""
        return label_of(self.kind)

    @property
    def checkpoint(self) -> dict[str, Any]:
        """What the last committed step left for the next attempt; {} before the first step."""
        return json.loads(self.checkpoint_json) if self.checkpoint_json else {}

    @property
    def fraction(self) -> float | None:
        """Part done, 0 to 1; None while the total is unknown."""
        if not self.total:
            return None
        return min(1.0, self.done / self.total)

    @property
    def percent(self) -> int | None:
        return None if self.fraction is None else int(self.fraction * 100)

    @property
    def is_moving(self) -> bool:
        """Running, with progress in the last minute: an older rate would promise an end that does not come."""
        return self.state == JobState.RUNNING and timezone.now() - self.updated_at < _RECENT

    @property
    def eta(self) -> timedelta | None:
        """Time left at the present rate; None unless running with a known total and a recent rate."""
        if not self.is_moving or not self.total or not self.rate or self.rate <= 0:
            return None
        return timedelta(seconds=max(0.0, (self.total - self.done) / self.rate))

    @property
    def topic(self) -> str | None:
        """Live topic of this one row (progress); None for a job without a project."""
        return None if self.project_id is None else f"project:{self.project_id}:job:{self.pk}"


class JobLog(models.Model):
    """One line of a job's log; lines are only ever added, the oldest fall off past a bound."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="log_lines")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    line = models.CharField(max_length=500)

    class Meta:
        ordering = ("job", "seq")
        constraints = (models.UniqueConstraint(fields=("job", "seq"), name="jobs_log_seq"),)

    def __str__(self) -> str:
        return f"job {self.job_id} log {self.seq}"


class Canary(models.Model):
    """A tiny delivery that shows a cluster still finishes work; sent and watched by the supervisor."""

    queue = models.CharField(max_length=40)
    worker = models.CharField(max_length=100)
    sent_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("queue", "worker", "sent_at"), name="jobs_canary_recent"),)

    def __str__(self) -> str:
        return f"canary {self.pk} ({self.queue})"
