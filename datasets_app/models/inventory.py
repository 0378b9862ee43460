"""What lies in the object store: the inventory per family, syncs of a backlog, daily snapshots."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .base import shown_state_of


class InventoryEntry(models.Model):
    """One family, or another part of the hub's object store, as the last refresh found it."""

    class Kind(models.TextChoices):
        FAMILY = "family", "Family"
        AREA = "area", "Other part"
        UNROUTED = "unrouted", "Without a family"

    class Status(models.TextChoices):
        MISSING = "missing", "Missing"
        PRESENT = "present", "Present"
        INCOMPLETE = "incomplete", "Incomplete"

    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.FAMILY)
    family = models.CharField(max_length=64, unique=True, help_text="Its name: a family, or a part of the store.")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.MISSING)
    objects_count = models.PositiveBigIntegerField(default=0)
    bytes_total = models.PositiveBigIntegerField(default=0)
    records_count = models.PositiveBigIntegerField(null=True, blank=True, help_text="Empty where nobody counted yet.")
    newest = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    detail = models.JSONField(default=dict, help_text="Why it is incomplete; examples of what has no family.")

    class Meta:
        ordering = ["family"]

    def __str__(self) -> str:
        return self.family


class StoreWork(models.Model):
    """A sync of a backlog or a daily snapshot of the store: where from, where to, what landed."""

    class Kind(models.TextChoices):
        SYNC = "sync", "Sync"
        SNAPSHOT = "snapshot", "Snapshot"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Expired"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=100, help_text="The day of a snapshot, the name of a sync.")
    source = models.CharField(max_length=500)
    target = models.CharField(max_length=500)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    report = models.JSONField(default=dict, help_text="Objects and bytes on both sides, and what differs.")
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def shown_state(self) -> str:
        """The state to show: work whose job ended early is failed or cancelled, whatever its own row says."""
        return shown_state_of(self.state, self.job, ended=("done", "failed", "expired"))

    @property
    def is_ended(self) -> bool:
        """Whether no job will change it any more."""
        return self.shown_state not in ("queued", "running")
