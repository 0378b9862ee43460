"""Files with labels from elsewhere."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class LabelImport(models.Model):
    """A file whose labels became suggestions. What was refused is kept, row by row, in the object store."""

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="label_imports")
    name = models.CharField(max_length=100, help_text="Stands as the source of its suggestions.")
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=20)
    read = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    duplicates = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    suggestions = models.PositiveIntegerField(help_text="How many were made; a conversation may have several labels.")
    reasons = models.JSONField(default=list, help_text="Of the first refused ones: row and reason, no text.")
    refused_key = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                name="label_import_adds_up",
                condition=Q(read=F("accepted") + F("duplicates") + F("refused")),
            ),
        )

    def __str__(self) -> str:
        return f"label import {self.pk}"
