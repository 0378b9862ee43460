"""Records: one conversation, once per project."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from datasets_app.corpus import taxonomy

from .base import EDGE_CHOICES, FAMILY_CHOICES, SOURCE_CHOICES, TYPE_CHOICES


class Record(models.Model):
    """One conversation, once per project. Usable (to label, to release): active, identifiers settled."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class PiiState(models.TextChoices):
        UNSCANNED = "unscanned", "Not scanned yet"
        CLEAN = "clean", "Nothing found"
        PENDING = "pending", "Waiting for review"
        REVIEWED = "reviewed", "Reviewed by a person"
        CHECKED = "checked", "Synthetic, checked"

    PII_SETTLED = (PiiState.CLEAN, PiiState.REVIEWED, PiiState.CHECKED)

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="records")
    content_hash = models.CharField(max_length=71)
    record_hash = models.CharField(max_length=40)
    external_id = models.CharField(max_length=200)
    group_key = models.CharField(max_length=255, help_text="The first of group_keys.")
    group_keys = models.JSONField(default=list, help_text="What must stay in one split: author, conversation, parent.")
    messages = models.JSONField()
    turns = models.PositiveIntegerField()
    source = models.CharField(max_length=16, choices=SOURCE_CHOICES)
    family = models.CharField(max_length=64, choices=FAMILY_CHOICES)
    stage = models.PositiveSmallIntegerField(default=1, choices=list(taxonomy.STAGES.items()))
    is_edge_case = models.BooleanField(default=False)
    edge_case_kind = models.CharField(max_length=32, blank=True, choices=EDGE_CHOICES)
    metadata = models.JSONField(default=dict)
    import_batch = models.ForeignKey("datasets_app.ImportBatch", on_delete=models.RESTRICT, related_name="records")
    line = models.PositiveIntegerField()
    byte_offset = models.BigIntegerField(default=0)
    proposed_type = models.CharField(
        max_length=32, blank=True, choices=TYPE_CHOICES, help_text="Came with the input; not a human label."
    )
    proposed_severity = models.PositiveSmallIntegerField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    withdrawn_reason = models.CharField(max_length=200, blank=True)
    intake_hash = models.CharField(
        max_length=64,
        blank=True,
        db_index=True,
        help_text="Keyed digest of the text as it came: finds a copy again.",
    )
    pii_state = models.CharField(max_length=16, choices=PiiState.choices, default=PiiState.UNSCANNED)
    findings = models.JSONField(default=list, help_text="Structure, risk and content gates; no words of the record.")
    risk_score = models.FloatField(null=True, blank=True, help_text="Of the rules, 0 to 1.")
    risk_severity = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "content_hash"], name="record_content_unique"),
            models.CheckConstraint(
                name="record_proposed_severity_range",
                condition=Q(proposed_severity__isnull=True) | Q(proposed_severity__gte=1, proposed_severity__lte=5),
            ),
        ]
        indexes = [
            models.Index(fields=["project", "source", "proposed_type"], name="record_filter"),
            models.Index(fields=["project", "group_key"], name="record_group"),
            models.Index(fields=["project", "state", "pii_state"], name="record_use"),
            # What evidence is searched by: the first digits of a hash, the name that a record came with.
            models.Index(fields=["project", "record_hash"], name="record_short_hash"),
            models.Index(fields=["project", "external_id"], name="record_external_id"),
        ]

    def __str__(self) -> str:
        return f"record {self.pk}"
