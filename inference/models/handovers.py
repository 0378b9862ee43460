"""Hand-overs to those who help, and cases that the model missed. Free words are clinical notes."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from datasets_app.corpus.taxonomy import ALERT_LEVELS, SIX_TYPES
from inference.models.cases import Case


class HandOver(models.Model):
    """To whom a person in danger was handed, whether they took over, and whether somebody looked again."""

    class Receiver(models.TextChoices):
        EMERGENCY_SERVICES = "emergency_services", "Emergency services"
        CRISIS_TEAM = "crisis_team", "Crisis team or crisis line"
        CLINICIAN = "clinician", "The person's own clinician"
        COLLEAGUE = "colleague", "A colleague"
        TRUSTED_PERSON = "trusted_person", "Somebody the person trusts"
        OTHER = "other", "Somebody else"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handovers")
    receiver = models.CharField(max_length=20, choices=Receiver)
    receiver_name = models.CharField(max_length=200, blank=True)
    handed_at = models.DateTimeField(default=timezone.now)
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    contact_confirmed_at = models.DateTimeField(null=True, blank=True)
    follow_up_due = models.DateTimeField(null=True, blank=True)
    follow_up_done_at = models.DateTimeField(null=True, blank=True)
    follow_up_done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["case", "handed_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["follow_up_due"], name="inference_follow_up_due")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(follow_up_due__isnull=True) | Q(follow_up_due__gte=F("handed_at")),
                name="inference_follow_up_after_hand_over",
            ),
            models.CheckConstraint(
                condition=Q(follow_up_done_at__isnull=True) | Q(follow_up_done_by__isnull=False),
                name="inference_follow_up_done_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"hand-over {self.pk} of case {self.case_id}"


class MissedCase(models.Model):
    """“We missed one”: a crisis that got no alarm, reported by a person. `score` when it was scored at all."""

    class FoundBy(models.TextChoices):
        CLIENT = "client", "The client told us"
        REVIEW = "review", "A review of conversations"
        INCIDENT = "incident", "An incident"
        OTHER = "other", "Another way"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="missed_cases")
    score = models.ForeignKey("inference.ScoreLog", null=True, on_delete=models.PROTECT, related_name="missed_cases")
    happened_on = models.DateField()
    crisis_type = models.CharField(max_length=32, choices=[(name, name) for name in SIX_TYPES])
    level = models.CharField(max_length=16, choices=[(name, name) for name in ALERT_LEVELS[:3]])
    found_by = models.CharField(max_length=12, choices=FoundBy)
    note = models.TextField(blank=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-reported_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["score"], condition=Q(score__isnull=False), name="inference_a_score_is_missed_once"
            )
        ]

    def __str__(self) -> str:
        return f"missed case {self.pk}"
