"""The register of experts: who judges, how much at once, and when they are away. States and constraints only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Expert(models.Model):
    """A member who judges predictions. What they may read follows from their role, not from this row."""

    class Specialty(models.TextChoices):
        UNSTATED = "", "not said"
        PSYCHIATRY = "psychiatry", "psychiatry"
        PSYCHOLOGY = "psychology", "clinical psychology"
        CRISIS_CARE = "crisis_care", "crisis counselling"
        ADDICTION = "addiction", "addiction medicine"
        YOUTH = "youth", "children and young people"
        EMERGENCY = "emergency", "emergency medicine"
        SOCIAL_WORK = "social_work", "social work"
        LIVED_EXPERIENCE = "lived_experience", "lived experience and peer support"

    DEFAULT_CAPACITY = 40
    MAX_CAPACITY = 500

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="experts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="expert_rows")
    specialty = models.CharField(max_length=24, choices=Specialty, blank=True)
    capacity = models.PositiveSmallIntegerField(default=DEFAULT_CAPACITY, help_text="Open cases at once.")
    active = models.BooleanField(default=True)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user__display_name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="review_expert_once"),
            models.CheckConstraint(condition=Q(capacity__range=(1, 500)), name="review_expert_capacity"),
        ]

    def __str__(self) -> str:
        return f"expert {self.user_id}"


class Absence(models.Model):
    """Days on which an expert gets no cases, both ends included. Taken back rather than removed."""

    expert = models.ForeignKey(Expert, on_delete=models.CASCADE, related_name="absences")
    starts_on = models.DateField()
    ends_on = models.DateField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was taken back.")

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="review_absence_in_order"),
        ]

    def __str__(self) -> str:
        return f"absence of expert {self.expert_id} from {self.starts_on}"
