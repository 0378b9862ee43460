"""Label snapshots: adjudicated labels, frozen."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from datasets_app.corpus import taxonomy

from .base import EDGE_CHOICES, TYPE_CHOICES, ImmutableModel


class LabelSnapshot(ImmutableModel):
    """The adjudicated labels of rounds, or those that a rule, a generator or a parent gave, frozen and hashed."""

    class MadeBy(models.TextChoices):
        ANNOTATORS = "annotators", "Annotators"
        RULES = "rules", "Rules (weak labels)"
        GENERATOR = "generator", "The generator of the conversations"
        AUGMENTATION = "augmentation", "Augmentation (the parents' labels)"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="label_snapshots")
    name = models.CharField(max_length=200)
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    object_key = models.CharField(max_length=500)
    labels_count = models.PositiveIntegerField()
    origin = models.JSONField(default=dict)
    made_by = models.CharField(max_length=12, choices=MadeBy.choices, default=MadeBy.ANNOTATORS)
    simulated = models.BooleanField(default=False, help_text="Labels of simulated annotators, not of people.")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="labelsnapshot_number_unique")]

    def __str__(self) -> str:
        return f"snapshot {self.number} ({self.name})"


class SnapshotLabel(ImmutableModel):
    """The label of one record in a snapshot, with the annotations that it was made from."""

    class DecidedBy(models.TextChoices):
        UNANIMOUS = "unanimous", "Unanimous"
        MAJORITY = "majority", "Majority"
        ADJUDICATED = "adjudicated", "Adjudicated"
        RATER_MODEL = "rater_model", "Rater model"
        RULE = "rule", "Rule (weak)"
        GENERATOR = "generator", "Generator"
        PARENT = "parent", "Its parent's label"
        REVIEWER = "reviewer", "Review of the augmented"

    snapshot = models.ForeignKey(LabelSnapshot, on_delete=models.CASCADE, related_name="labels")
    record = models.ForeignKey("datasets_app.Record", on_delete=models.RESTRICT, related_name="snapshot_labels")
    crisis_type = models.CharField(max_length=32, choices=TYPE_CHOICES)
    severity = models.PositiveSmallIntegerField(null=True)
    confidence = models.FloatField()
    is_edge_case = models.BooleanField(default=False)
    edge_case_kind = models.CharField(max_length=32, blank=True, choices=EDGE_CHOICES)
    decided_by = models.CharField(max_length=16, choices=DecidedBy.choices)
    annotators = models.JSONField(default=list)
    annotations = models.JSONField(default=list)
    label_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["label_sha256"], name="snapshotlabel_sha256")]
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "record"], name="snapshotlabel_record_unique"),
            models.CheckConstraint(
                name="snapshotlabel_severity_with_type",
                condition=Q(crisis_type=taxonomy.NONE_TYPE, severity__isnull=True)
                | (~Q(crisis_type=taxonomy.NONE_TYPE) & Q(severity__isnull=False, severity__gte=1, severity__lte=5)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.crisis_type} for record {self.record_id}"
