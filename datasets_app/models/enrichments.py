"""Scores of a release's conversations: the runs that made them, and the newest scores of each record."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from datasets_app.corpus.taxonomy import EMOTIONS

from .base import shown_state_of


class Enrichment(models.Model):
    """One run of the enrichment over a published release. `document` is its scores.json, without any words."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    release = models.ForeignKey("datasets_app.Release", on_delete=models.CASCADE, related_name="enrichments")
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    document = models.JSONField(default=dict)
    object_prefix = models.CharField(max_length=300, blank=True, help_text="Where the lines of scores lie.")
    matched = models.PositiveIntegerField(default=0, help_text="Records of the project that got these scores.")
    error = models.TextField(blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="enrichment_done_has_scores", condition=~Q(state="done") | ~Q(object_prefix="")
            ),
        ]

    def __str__(self) -> str:
        return f"enrichment {self.pk}"

    @property
    def shown_state(self) -> str:
        """The state to show: a run whose job ended early is failed or cancelled."""
        return shown_state_of(self.state, self.job, ended=("done", "failed"))

    @property
    def is_open(self) -> bool:
        """Whether the job may still change something."""
        return self.shown_state in ("queued", "running")

    @property
    def report(self) -> dict[str, Any]:
        """Figures over all conversations; {} before the run is done."""
        found: dict[str, Any] = self.document.get("report", {})
        return found


class RecordScores(models.Model):
    """The newest scores of a record, all of them estimates; null where there was nothing to judge.

    They are of the text with `content_hash`: once a record's words change, they no longer count.
    """

    record = models.OneToOneField("datasets_app.Record", on_delete=models.CASCADE, related_name="scores")
    enrichment = models.ForeignKey(Enrichment, on_delete=models.CASCADE, related_name="scores")
    content_hash = models.CharField(max_length=71)
    emotion = models.CharField(max_length=16, blank=True, choices=[(name, name.capitalize()) for name in EMOTIONS])
    valence = models.FloatField(null=True, blank=True, help_text="-1 to 1.")
    arousal = models.FloatField(null=True, blank=True, help_text="-1 to 1.")
    bias = models.FloatField(null=True, blank=True, help_text="Gravest sign of bias in a reply, 0 (none) to 1.")
    effectiveness = models.FloatField(null=True, blank=True)
    safety = models.FloatField(null=True, blank=True)
    cultural = models.FloatField(null=True, blank=True)
    coherence = models.FloatField(null=True, blank=True)
    empathy = models.FloatField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "record scores"
        indexes = [
            models.Index(fields=["emotion", "valence"], name="recordscores_emotion"),
        ]

    def __str__(self) -> str:
        return f"scores of record {self.record_id}"
