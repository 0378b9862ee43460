"""What the hub watches of its own answers: counts in stretches of time, limits, and alerts. No text, no person."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone


class Stretch(models.IntegerChoices):
    """Lengths of time, in seconds, that counts are kept for: short ones for a day, long ones for a month."""

    SHORT = 300, "Five minutes"
    LONG = 3600, "An hour"


class AnswerSlot(models.Model):
    """The answers of one project and one model version in one stretch of time, counted from the score log.

    Every score row is counted once (`ScoreBatch.counted`), in a short and in a long stretch. The JSON columns map names
    to counts; `latencies` maps milliseconds, rounded up to three significant digits, to answers.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="answer_slots")
    seconds = models.PositiveSmallIntegerField(choices=Stretch)
    start = models.DateTimeField()
    model_version = models.CharField(max_length=64)
    answers = models.PositiveIntegerField(default=0)
    degraded = models.PositiveIntegerField(default=0)
    raised_by_rules = models.PositiveIntegerField(default=0)
    gate_violations = models.PositiveIntegerField(default=0)
    bias_findings = models.PositiveIntegerField(default=0)
    verdicts = models.JSONField(default=dict)
    levels = models.JSONField(default=dict)
    reasons = models.JSONField(default=dict)
    latencies = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "seconds", "start", "model_version"], name="inference_one_slot_of_answers"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["seconds", "start"], name="inference_answer_slot_age")]

    def __str__(self) -> str:
        return f"{self.answers} answers from {self.start:%Y-%m-%d %H:%M}"


class RefusalSlot(models.Model):
    """Conversations of one project that got no answer in one stretch of time, by status and code of the refusal."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="refusal_slots")
    seconds = models.PositiveSmallIntegerField(choices=Stretch)
    start = models.DateTimeField()
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=32)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "seconds", "start", "status", "code"], name="inference_one_slot_of_refusals"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["seconds", "start"], name="inference_refusal_slot_age")]

    def __str__(self) -> str:
        return f"{self.count} refusals ({self.code}) from {self.start:%Y-%m-%d %H:%M}"


class LoadSlot(models.Model):
    """How busy the scoring processes were in one stretch of time, over all projects: they share the model's lanes.

    `batch_times` maps milliseconds of a micro-batch, rounded up to three significant digits, to batches.
    """

    seconds = models.PositiveSmallIntegerField(choices=Stretch)
    start = models.DateTimeField()
    items = models.PositiveIntegerField(default=0)
    batch_times = models.JSONField(default=dict)
    most_waiting = models.PositiveIntegerField(default=0)
    longest_wait_ms = models.FloatField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["seconds", "start"], name="inference_one_slot_of_load")
        ]

    def __str__(self) -> str:
        return f"{self.items} conversations read from {self.start:%Y-%m-%d %H:%M}"


class AlertLimits(models.Model):
    """One version of a project's limits; the highest counts, and the rules' own where there is none.

    `limits` maps the name of a rule to [warning, critical], null where it never is; rules not named keep their own.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="alert_limits")
    version = models.PositiveIntegerField()
    limits = models.JSONField()
    reason = models.CharField(max_length=500)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["project", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "version"], name="inference_alert_limits_versions"),
            models.CheckConstraint(condition=~Q(reason=""), name="inference_alert_limits_have_a_reason"),
        ]

    def __str__(self) -> str:
        return f"limits {self.version} of project {self.project_id}"


class Alert(models.Model):
    """A figure past its limit: from the look that found it to the one that found it well again.

    An alert has one level; where a warning becomes critical, it ends and a critical one opens, which somebody has to
    acknowledge anew. A critical one lasts until the figure is well, so that nothing flickers between two limits.
    """

    class Level(models.TextChoices):
        WARNING = "warning", "Warning"
        CRITICAL = "critical", "Critical"

    class End(models.TextChoices):
        WELL = "well", "Well again"
        RAISED = "raised", "Became critical"
        NO_DATA = "no_data", "Nothing to judge for a day"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="alerts")
    rule = models.CharField(max_length=40)
    level = models.CharField(max_length=8, choices=Level)
    value = models.FloatField(help_text="Where it was found.")
    worst = models.FloatField(help_text="The furthest that it went.")
    latest = models.FloatField(help_text="At the last look.")
    limit = models.FloatField()
    opened_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(help_text="When the figure was last past its limit.")
    well_since = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=8, choices=End, blank=True)

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["project", "-opened_at"], name="inference_alert_project")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "rule"], condition=Q(ended_at=None), name="inference_one_open_alert_per_rule"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by=None, note="")
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False) & ~Q(note=""),
                name="inference_alert_acknowledged_with_a_note",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended="") | Q(ended_at__gte=F("opened_at")) & ~Q(ended=""),
                name="inference_alert_ends_for_a_reason",
            ),
            models.CheckConstraint(condition=Q(level__in=["warning", "critical"]), name="inference_alert_level_known"),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk} ({self.rule}, {self.level})"

    def get_absolute_url(self) -> str:
        return reverse("inference:alert_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """The figure is not well again."""
        return self.ended_at is None


class MonitorWatch(models.Model):
    """One row: when answers were last counted and figures last judged. Whoever counts or judges holds it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    counted_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"figures were judged {self.judged_at:%Y-%m-%d %H:%M:%S}" if self.judged_at else "nothing was judged yet"
