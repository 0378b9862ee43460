"""Who opened which wrong decision of a version, and what they answered. Rows are only ever added."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from review.models.append_only import AppendOnlyModel


class ErrorKind(models.TextChoices):
    """The two ways in which a decision on a test conversation is wrong."""

    MISS = "miss", "missed crisis"
    OVER_ESCALATION = "over_escalation", "over-escalation"


class ErrorOpening(AppendOnlyModel):
    """A person had the words of a wrongly decided test conversation before them."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="+")
    model_version = models.ForeignKey(
        "training_app.ModelVersion", on_delete=models.PROTECT, related_name="error_openings"
    )
    content_hash = models.CharField(max_length=71)
    error = models.CharField(max_length=16, choices=ErrorKind)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="error_openings")
    opened_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "content_hash", "reader"], name="review_error_opened_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.error} opened by {self.reader_id}"


class ErrorAnswer(AppendOnlyModel):
    """Why the decision was wrong, in a reader's view. A later answer of the same reader counts instead; none goes."""

    opening = models.ForeignKey(ErrorOpening, on_delete=models.PROTECT, related_name="answers")
    reason = models.CharField(max_length=24)
    words = models.TextField(blank=True)
    # The reader's view: with this case as it is, the version should not go to production.
    blocks = models.BooleanField(default=False)
    answered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"answer {self.reason} to opening {self.opening_id}"
