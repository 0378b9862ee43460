"""Identifiers found in records, and what people decided about them. No words of the record are stored here."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from datasets_app.corpus import taxonomy


class PiiFinding(models.Model):
    """A stretch of a message that may identify somebody: where it is, what it may be, what was decided."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        ACCEPTED = "accepted", "Replaced"
        EDITED = "edited", "Edited and replaced"
        REJECTED = "rejected", "No identifier"

    class Origin(models.TextChoices):
        RULES = "rules", "Rules"
        PRESIDIO = "presidio", "Presidio"
        PERSON = "person", "A reviewer"

    record = models.ForeignKey("datasets_app.Record", on_delete=models.CASCADE, related_name="pii_findings")
    turn = models.PositiveIntegerField(help_text="Index of the message, from 0.")
    start = models.PositiveIntegerField(help_text="Characters from the start of the message.")
    end = models.PositiveIntegerField()
    kind = models.CharField(max_length=24, choices=[(kind, kind) for kind in taxonomy.PII_KINDS])
    confidence = models.FloatField()
    placeholder = models.CharField(max_length=40)
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.RULES)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["record_id", "turn", "start"]
        constraints = [
            models.CheckConstraint(name="piifinding_span", condition=Q(start__lt=F("end"))),
            models.UniqueConstraint(fields=["record", "turn", "start", "end", "kind"], name="piifinding_unique"),
        ]
        indexes = [models.Index(fields=["state", "kind"], name="piifinding_queue")]

    def __str__(self) -> str:
        return f"{self.kind} in record {self.record_id}, turn {self.turn}"


class PiiLease(models.Model):
    """Who has a record before them in the review of identifiers, and until when; one person at a time."""

    record = models.OneToOneField(
        "datasets_app.Record", primary_key=True, on_delete=models.CASCADE, related_name="pii_lease"
    )
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"record {self.record_id}"
