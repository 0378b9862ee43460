"""Waivers of gates and the closing of phases. The two-person rule stands here, in the database."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class GateWaiver(models.Model):
    """One person's half of a waiver: in one of the two roles, of one gate, for what it read at that moment.

    Of the halves that stand for a gate and its subject, no two are by one person and no two are in one role, so two
    standing halves are always a PM's and a clinical lead's, and two people's.
    """

    class Seat(models.TextChoices):
        PM = "pm", "PM"
        CLINICAL_LEAD = "clinical_lead", "clinical lead"

    class Ended(models.TextChoices):
        WITHDRAWN = "withdrawn", "taken back"
        VOID = "void", "void: the figure changed"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="gate_waivers")
    gate = models.CharField(max_length=40)
    # What the figure was about ("version 1.0.0"); empty where it is about the project as a whole.
    subject = models.CharField(max_length=80, blank=True)
    seat = models.CharField(max_length=16, choices=Seat)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    value = models.FloatField(null=True)
    verdict = models.CharField(max_length=24)
    waived_at = models.DateTimeField(auto_now_add=True)
    ended = models.CharField(max_length=10, choices=Ended, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "gate", "subject", "person"],
                condition=Q(ended=""),
                name="review_waiver_person_once",
            ),
            models.UniqueConstraint(
                fields=["project", "gate", "subject", "seat"], condition=Q(ended=""), name="review_waiver_seat_once"
            ),
            models.CheckConstraint(condition=Q(seat__in=("pm", "clinical_lead")), name="review_waiver_two_seats"),
            models.CheckConstraint(condition=~Q(reason=""), name="review_waiver_in_writing"),
            models.CheckConstraint(
                condition=Q(ended="", ended_at__isnull=True) | (~Q(ended="") & Q(ended_at__isnull=False)),
                name="review_waiver_ended_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"waiver of {self.gate} as {self.seat}"


class PhaseClosing(models.Model):
    """A phase was closed by its PM; reopened or not."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="phase_closings")
    phase = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=500, blank=True)
    open_lines = models.PositiveSmallIntegerField(help_text="Subtasks that were not done when it was closed.")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(auto_now_add=True)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopened_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "phase"], condition=Q(reopened_at__isnull=True), name="review_phase_closed_once"
            ),
            models.CheckConstraint(condition=Q(phase__range=(1, 4)), name="review_phase_1_to_4"),
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=True) | ~Q(reopened_reason=""),
                name="review_phase_reopened_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"closing of phase {self.phase}"


class ClosedGate(models.Model):
    """A gate as it stood when its phase was closed: passed, or waived by two people."""

    closing = models.ForeignKey(PhaseClosing, on_delete=models.CASCADE, related_name="gates")
    gate = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, blank=True)
    value = models.FloatField(null=True)
    verdict = models.CharField(max_length=24)
    pm = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    clinical_lead = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["closing", "gate"], name="review_closed_gate_once"),
            models.CheckConstraint(
                condition=Q(verdict="pass", pm__isnull=True, clinical_lead__isnull=True)
                | (Q(pm__isnull=False) & Q(clinical_lead__isnull=False) & ~Q(pm=F("clinical_lead"))),
                name="review_closed_gate_passed_or_waived_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gate} at the closing of a phase"
