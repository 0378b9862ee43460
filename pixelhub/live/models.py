"""How often each topic has changed: the truth behind every live update."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Revision(models.Model):
    topic = models.CharField(max_length=200, unique=True)
    revision = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.topic} @ {self.revision}"
