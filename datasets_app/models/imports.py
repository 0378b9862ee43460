"""Imports and what they refused."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from datasets_app.corpus import taxonomy

from .base import FAMILY_CHOICES, SOURCE_CHOICES, shown_state_of


class ImportBatch(models.Model):
    """One file brought in; the report adds up: read = accepted + duplicates + quarantined."""

    class Origin(models.TextChoices):
        UPLOAD = "upload", "Upload"
        API = "api", "API"
        COMMAND = "command", "Command line"
        STORE = "store", "Object store"
        AUGMENTATION = "augmentation", "Augmentation"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="import_batches")
    source = models.CharField(max_length=16, choices=SOURCE_CHOICES)
    family = models.CharField(max_length=64, choices=FAMILY_CHOICES)
    stage = models.PositiveSmallIntegerField(default=1, choices=list(taxonomy.STAGES.items()))
    licence = models.CharField(max_length=200, blank=True)
    consent_basis = models.CharField(max_length=500, blank=True)
    file_name = models.CharField(max_length=255)
    object_key = models.CharField(max_length=500)
    file_sha256 = models.CharField(max_length=64)
    file_bytes = models.BigIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    read = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    quarantine_key = models.CharField(max_length=500, blank=True)
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.UPLOAD)
    origin_address = models.CharField(max_length=500, blank=True, help_text="Where it was read from, if not sent.")
    options = models.JSONField(default=dict, help_text="Switches of the structure rules.")
    original_purged_at = models.DateTimeField(null=True, blank=True, help_text="When the file as it came was deleted.")
    # What a program sent with its request; all imports that one request began share it.
    request_key = models.CharField(max_length=200, blank=True, help_text="The client's Idempotency-Key.")
    request_part = models.PositiveSmallIntegerField(default=0)
    request_sha256 = models.CharField(max_length=64, blank=True, help_text="Of what was asked for under that key.")
    formats = models.JSONField(default=dict, help_text="Accepted rows by detected format.")
    error = models.TextField(blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="importbatch_adds_up",
                condition=Q(read=F("accepted") + F("duplicates") + F("quarantined")),
            ),
            models.UniqueConstraint(
                fields=["project", "request_key", "request_part"],
                condition=~Q(request_key=""),
                name="importbatch_request_once",
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk} ({self.file_name})"

    @property
    def shown_state(self) -> str:
        """The state to show: a batch whose job ended early is failed, whatever its own row still says."""
        return shown_state_of(self.state, self.job, ended=("done", "failed"))

    @property
    def is_open(self) -> bool:
        """Whether the job may still change something."""
        return self.shown_state in ("queued", "running")


class QuarantinedRow(models.Model):
    """A row that could not be taken in: where it stands in the file and why. Its text stays in the object store."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="quarantined_rows")
    line = models.PositiveIntegerField()
    byte_offset = models.BigIntegerField()
    reason = models.CharField(max_length=64)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["line", "pk"]
        constraints = [models.UniqueConstraint(fields=["batch", "line", "byte_offset"], name="quarantinedrow_unique")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
