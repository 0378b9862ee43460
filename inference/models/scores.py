"""What was scored: no conversation text in either table."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from inference.models.deployments import Deployment


class ScoreBatch(models.Model):
    """The scores of one project that were written in one transaction; the target of their one audit event.

    `digest` is over the (id, sha256) pairs of the rows, and the same digest lies in the audit chain.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="score_batches")
    count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    counted = models.BooleanField(default=False, help_text="Its rows are in the figures (AnswerSlot).")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="inference_batch_to_count", condition=Q(counted=False))
        ]

    def __str__(self) -> str:
        return f"score batch {self.id}"


class ScoreLog(models.Model):
    """One answer of the scoring service, without text.

    `sha256` covers the row's canonical fields; the audit event of its `batch` holds a digest over the batch's rows,
    so a changed, added or missing row shows. `crisis` is null when the answer was "unknown" (degraded, no signal).
    `conversation_id` is the client's own reference, as it gave it. `score` is the answer's, which the rules may have
    raised, `model_score` the model's own; it and the sizes are null where no model answered, and in rows from before.
    """

    #: The case that this score opened or joined, known once it is written (`score_log_write`); not a column.
    case_id: int | None = None

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="scores")
    api_key = models.ForeignKey("accounts.ApiKey", null=True, on_delete=models.PROTECT, related_name="scores")
    scored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="console_scores"
    )
    deployment = models.ForeignKey(Deployment, null=True, on_delete=models.PROTECT, related_name="scores")
    model_version = models.CharField(max_length=64)
    bundle_sha256 = models.CharField(max_length=64, blank=True)
    content_hash = models.CharField(max_length=71, db_index=True)
    conversation_id = models.CharField(max_length=64, blank=True, default="")
    locale = models.CharField(max_length=32, blank=True, default="")
    signals = models.JSONField(default=list, help_text="Kinds of signals, without text and places.")
    score = models.FloatField(null=True)
    model_score = models.FloatField(null=True)
    messages = models.PositiveSmallIntegerField(null=True)
    characters = models.PositiveIntegerField(null=True)
    crisis = models.BooleanField(null=True)
    crisis_type = models.CharField(max_length=32)
    severity = models.PositiveSmallIntegerField(null=True)
    band = models.CharField(max_length=16)
    alert_level = models.CharField(max_length=16)
    raised_by_rules = models.BooleanField(default=False)
    degraded = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, blank=True)
    gate_violation = models.BooleanField(default=False, help_text="A reply breaks a safety gate.")
    bias_found = models.BooleanField(default=False, help_text="A reply shows bias.")
    latency_ms = models.FloatField()
    at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    batch = models.ForeignKey(ScoreBatch, on_delete=models.PROTECT, related_name="scores")

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["project", "-at"], name="inference_score_project_at")]

    def __str__(self) -> str:
        return f"score {self.id}"
