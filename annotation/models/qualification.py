"""Expert labels, and where each annotator stands against them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .guidelines import Guideline
from .rounds import Round


class GoldLabel(models.Model):
    """An expert's label of a record, for practice, for qualification, or hidden in real work."""

    class Use(models.TextChoices):
        PRACTICE = "practice", "Practice"
        QUALIFICATION = "qualification", "Qualification"
        HIDDEN = "hidden", "Hidden in real work"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="gold_labels")
    record = models.ForeignKey("datasets_app.Record", on_delete=models.PROTECT, related_name="gold_labels")
    use = models.CharField(max_length=16, choices=Use)
    crisis_type = models.CharField(max_length=32)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    also_accepted = models.JSONField(default=list, help_text="Other types that an expert would accept.")
    rationale = models.TextField(max_length=2000, blank=True)
    guideline = models.ForeignKey(Guideline, on_delete=models.PROTECT, related_name="+")
    guideline_section = models.CharField(max_length=64)
    simulated = models.BooleanField(default=False, help_text="Made by a program, for a demonstration.")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("project", "record"), condition=Q(retired_at__isnull=True), name="gold_once_per_record"
            ),
            models.CheckConstraint(
                condition=Q(crisis_type="none", severity__isnull=True)
                | (~Q(crisis_type="none") & Q(severity__isnull=False) & Q(severity__gte=1) & Q(severity__lte=5)),
                name="gold_severity_fits_type",
            ),
        )

    def __str__(self) -> str:
        return f"expert label of record {self.record_id}"


class Qualification(models.Model):
    """Where an annotator stands in a project. Real work opens with `qualified`, where the project asks for it."""

    class State(models.TextChoices):
        NEW = "new", "Not started"
        READING = "reading", "Has read the guideline"
        PRACTISING = "practising", "Practising"
        TAKING = "taking", "Taking the qualification"
        QUALIFIED = "qualified", "Qualified"
        FAILED = "failed", "Not passed yet"
        PAUSED = "paused", "Paused"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="qualifications")
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotator_qualifications"
    )
    state = models.CharField(max_length=16, choices=State, default=State.NEW)
    guideline_read = models.ForeignKey(
        Guideline, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="The version read."
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    watched_from = models.DateTimeField(
        null=True, blank=True, help_text="Hidden expert labels met or missed before this moment don't count any more."
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("annotator",)
        constraints = (models.UniqueConstraint(fields=("project", "annotator"), name="qualification_once_per_person"),)

    def __str__(self) -> str:
        return f"qualification of annotator {self.annotator_id} in project {self.project_id}"


class QualificationAttempt(models.Model):
    """One run through a qualification set, with its figures. Rows are only added."""

    qualification = models.ForeignKey(Qualification, on_delete=models.PROTECT, related_name="attempts")
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="qualification_attempts")
    items = models.PositiveIntegerField()
    accuracy = models.FloatField()
    kappa = models.FloatField(null=True, blank=True)
    figures = models.JSONField(default=dict, help_text="Intervals and figures per type.")
    passed = models.BooleanField()
    finished_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-finished_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("qualification", "round"), name="qualification_attempt_once_per_round"),
        )

    def __str__(self) -> str:
        return f"attempt {self.pk}"
