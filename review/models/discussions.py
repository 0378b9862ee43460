"""What experts say to each other about a disputed case, and what was decided. Only ever added to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from review.models.append_only import AppendOnlyModel
from review.models.campaigns import ReviewCase


class DiscussionPost(AppendOnlyModel):
    """One contribution to the thread of a case, by somebody who has judged it or decides it."""

    case = models.ForeignKey(ReviewCase, on_delete=models.PROTECT, related_name="posts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    written_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"post {self.pk} on case {self.case_id}"


class Resolution(AppendOnlyModel):
    """A clinical lead's decision on a case on which the experts are split: once, with a reason."""

    case = models.OneToOneField(ReviewCase, on_delete=models.PROTECT, related_name="resolution")
    escalate = models.BooleanField()
    crisis_type = models.CharField(max_length=32)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.TextField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(severity__isnull=True) | Q(severity__range=(1, 5)), name="review_resolution_severity"
            ),
            models.CheckConstraint(
                condition=Q(escalate=True) & ~Q(crisis_type="none") | Q(escalate=False),
                name="review_resolution_names_a_crisis",
            ),
        ]

    def __str__(self) -> str:
        return f"resolution of case {self.case_id}"
