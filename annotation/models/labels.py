"""Labels, their whole history, and flags."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .guidelines import Guideline
from .rounds import RoundItem, Slot


class LabelFields(models.Model):
    """What an annotator decides; shared by the current label and its history."""

    crisis_type = models.CharField(max_length=32)
    secondary_types = models.JSONField(default=list)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    confidence = models.FloatField()
    is_edge_case = models.BooleanField(default=False)
    edge_case_kind = models.CharField(max_length=32, blank=True)
    spans = models.JSONField(default=list)  # [{"message": int, "start": int, "end": int}], code points, end exclusive
    about_someone_else = models.BooleanField(default=False)
    uncertain = models.BooleanField(default=False)
    note = models.TextField(blank=True, max_length=2000)
    seconds_spent = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)
    payload_sha256 = models.CharField(max_length=64)  # of what the client sent: tells a replay from a conflict
    sha256 = models.CharField(max_length=64)
    prev_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True


class Annotation(LabelFields):
    """The current label of one slot."""

    slot = models.OneToOneField(Slot, on_delete=models.PROTECT, related_name="annotation")
    item = models.ForeignKey(RoundItem, on_delete=models.PROTECT, related_name="annotations")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    guideline = models.ForeignKey(Guideline, on_delete=models.PROTECT, related_name="+")
    client_uuid = models.UUIDField(unique=True)

    class Meta:
        ordering = ("-submitted_at", "-pk")
        indexes = (models.Index(fields=("sha256",), name="annotation_sha256"),)
        constraints = (
            models.UniqueConstraint(fields=("item", "annotator"), name="annotation_once_per_person"),
            models.CheckConstraint(
                condition=Q(crisis_type="none", severity__isnull=True)
                | (~Q(crisis_type="none") & Q(severity__isnull=False) & Q(severity__gte=1) & Q(severity__lte=5)),
                name="annotation_severity_fits_type",
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1), name="annotation_confidence_0_1"
            ),
        )

    def __str__(self) -> str:
        return f"annotation {self.pk}"


class AnnotationRevision(LabelFields):
    """Every state that a label ever had, the first one included. Rows are only added."""

    annotation = models.ForeignKey(Annotation, on_delete=models.PROTECT, related_name="revisions")
    after_suggestion = models.BooleanField(default=False, help_text="Changed after a suggestion was shown.")
    client_uuid = models.UUIDField(unique=True)

    class Meta:
        ordering = ("annotation", "revision")
        constraints = (models.UniqueConstraint(fields=("annotation", "revision"), name="annotation_revision_unique"),)

    def __str__(self) -> str:
        return f"revision {self.revision} of annotation {self.annotation_id}"


class Flag(models.Model):
    """A sample that an annotator wants someone to look at; separate from the label, and from the person's load."""

    class Kind(models.TextChoices):
        CLINICAL = "clinical", "For the clinical lead"
        PII = "pii", "Personal data in the text"

    item = models.ForeignKey(RoundItem, on_delete=models.PROTECT, related_name="flags")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(fields=("item", "annotator", "kind"), name="flag_once_per_kind"),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(resolved_by__isnull=False), name="flag_resolved_by_someone"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} flag on sample {self.item_id}"
