"""Records that no release may train on any more."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .base import ImmutableModel


class HeldOut(ImmutableModel):
    """A record that lies in the test split of every release from now on, with all that belongs to its group.

    Once people have talked about a test conversation, labelling it again must not let it wander into training.
    """

    record = models.OneToOneField("datasets_app.Record", on_delete=models.RESTRICT, related_name="held_out")
    reason = models.CharField(max_length=200)
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    held_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"record {self.record_id} is held out"
