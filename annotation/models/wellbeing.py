"""Exposure to hard content, breaks and wishes. Private to the person; leads see load only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class WorkSession(models.Model):
    """A stretch of labelling without a long pause, with what was read in it."""

    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="work_sessions")
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    items = models.PositiveIntegerField(default=0)
    severe_items = models.PositiveIntegerField(default=0)
    seconds = models.PositiveIntegerField(default=0)
    severe_seconds = models.PositiveIntegerField(default=0)
    points = models.FloatField(default=0.0, help_text="Exposure weighted by severity.")

    class Meta:
        ordering = ("-started_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("annotator", "project"), condition=Q(ended_at__isnull=True), name="work_session_one_open"
            ),
        )
        indexes = (models.Index(fields=("project", "annotator", "started_at"), name="work_session_day"),)

    def __str__(self) -> str:
        return f"session {self.pk}"


class Break(models.Model):
    """A pause from reading: taken by oneself, offered, or due. Nothing is handed out during a due one."""

    class Kind(models.TextChoices):
        CHOSEN = "chosen", "Chosen"
        OFFERED = "offered", "Offered and taken"
        DUE = "due", "Due"

    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="annotator_breaks")
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.CharField(max_length=40, blank=True, help_text="Which limit: minutes, severe, day.")
    started_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("annotator", "project"), condition=Q(ended_at__isnull=True), name="break_one_open"
            ),
            models.CheckConstraint(condition=Q(until__gte=F("started_at")), name="break_ends_after_its_start"),
        )

    def __str__(self) -> str:
        return f"break {self.pk}"


class TypeOptOut(models.Model):
    """A crisis type that a person does not want to read for now; no reason is asked."""

    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="type_opt_outs")
    crisis_type = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("crisis_type",)
        constraints = (
            models.UniqueConstraint(fields=("annotator", "project", "crisis_type"), name="opt_out_once_per_type"),
        )

    def __str__(self) -> str:
        return f"opt-out {self.pk}"


class HardMoment(models.Model):
    """“This was hard”: reaches the lead. Which sample it was is not kept."""

    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="hard_moments")
    client_uuid = models.UUIDField(unique=True)
    wants_contact = models.BooleanField(default=False)
    created_at = models.DateTimeField(help_text="The day, not the minute: that would name the sample.")
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"hard moment {self.pk}"
