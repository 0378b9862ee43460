"""Finished labels looked at again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .labels import Annotation
from .rounds import Batch


class QualityReview(models.Model):
    """A label drawn for review, and what the reviewer found. The label itself is never changed by it."""

    class Verdict(models.TextChoices):
        PENDING = "pending", "Waiting"
        AGREED = "agreed", "Agreed"
        MINOR = "minor", "Small difference"
        MAJOR = "major", "Different judgement"

    annotation = models.OneToOneField(Annotation, on_delete=models.PROTECT, related_name="quality_review")
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="quality_reviews")
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.PENDING)
    revision = models.PositiveIntegerField(
        null=True, blank=True, help_text="Which revision of the label was judged; a label of an open round may change."
    )
    crisis_type = models.CharField(max_length=32, blank=True, help_text="What the reviewer would choose.")
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    guideline_section = models.CharField(max_length=64, blank=True)
    comment = models.TextField(max_length=2000, blank=True)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    drawn_at = models.DateTimeField(auto_now_add=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True, help_text="When the annotator opened it.")
    answer = models.TextField(max_length=2000, blank=True, help_text="What the annotator says to it.")

    class Meta:
        ordering = ("drawn_at", "pk")
        indexes = (models.Index(fields=("verdict",), name="quality_review_verdict"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(verdict="pending", reviewer__isnull=True)
                | (~Q(verdict="pending") & Q(reviewer__isnull=False) & Q(reviewed_at__isnull=False)),
                name="quality_review_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(verdict__in=("minor", "major"))
                | Q(crisis_type="none", severity__isnull=True)
                | (~Q(crisis_type__in=("", "none")) & Q(severity__isnull=False, severity__gte=1, severity__lte=5)),
                name="quality_difference_says_what_else",
            ),
        )

    def __str__(self) -> str:
        return f"review of annotation {self.annotation_id}"
