"""Conversations that are kept for judging models."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .base import ImmutableModel


class ReservedConversation(ImmutableModel):
    """A conversation of an expert set: no release trains on it, whether or not the project holds it as a record yet.

    Named by its content hash, so that a copy that is imported later is held out as well. Nothing takes it back.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="reserved_conversations")
    content_hash = models.CharField(max_length=71)
    reason = models.CharField(max_length=200)
    reserved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reserved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["project", "content_hash"], name="reserved_once")]

    def __str__(self) -> str:
        return f"reserved conversation {self.pk}"
