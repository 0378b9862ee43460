"""Searches for duplicates, and the pairs they found."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .base import shown_state_of


class DuplicateSearch(models.Model):
    """One search over a project's records: a dry run reports, a confirmed one withdraws the copies."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="duplicate_searches")
    threshold = models.FloatField(help_text="Estimated Jaccard similarity from which two records are near-duplicates.")
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"duplicate search {self.pk}"

    @property
    def shown_state(self) -> str:
        """The state to show: a search whose job ended early is failed or cancelled."""
        return shown_state_of(self.state, self.job, ended=("done", "failed"))

    @property
    def is_open(self) -> bool:
        """Whether the job may still change something."""
        return self.shown_state in ("queued", "running")


class DuplicatePair(models.Model):
    """A record and the one that stays in its place."""

    class Kind(models.TextChoices):
        RECORD_HASH = "record_hash", "Same record hash"
        NEAR = "near", "Near-duplicate"

    class Decision(models.TextChoices):
        OPEN = "open", "Open"
        WITHDRAW = "withdraw", "A copy"
        KEEP = "keep", "Both stay"

    search = models.ForeignKey(DuplicateSearch, on_delete=models.CASCADE, related_name="pairs")
    kept = models.ForeignKey("datasets_app.Record", on_delete=models.CASCADE, related_name="+")
    copy = models.ForeignKey("datasets_app.Record", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    similarity = models.FloatField(help_text="Jaccard similarity of the texts' shingles, 0 to 1.")
    decision = models.CharField(max_length=16, choices=Decision.choices, default=Decision.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-similarity", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["search", "copy"], name="duplicatepair_copy_unique"),
            models.CheckConstraint(name="duplicatepair_two_records", condition=~Q(kept=F("copy"))),
        ]

    def __str__(self) -> str:
        return f"record {self.copy_id} beside {self.kept_id}"
