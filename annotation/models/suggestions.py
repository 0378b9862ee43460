"""What a model or a file suggests for a record, and what people did after seeing it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .labels import Annotation


class Suggestion(models.Model):
    """A label proposed by a registered model or that came with the data. Not a human label of this project."""

    class Origin(models.TextChoices):
        MODEL = "model", "A registered model"
        IMPORT = "import", "An imported file"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="suggestions")
    record = models.ForeignKey("datasets_app.Record", on_delete=models.CASCADE, related_name="suggestions")
    origin = models.CharField(max_length=10, choices=Origin)
    source = models.CharField(max_length=200, help_text="Which model version, or which file.")
    crisis_type = models.CharField(max_length=32)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    probabilities = models.JSONField(default=dict, help_text="Crisis type to probability, where there is one.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("record", "source"), name="suggestion_once_per_source"),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | (Q(confidence__gte=0) & Q(confidence__lte=1)),
                name="suggestion_confidence_0_1",
            ),
        )
        indexes = (models.Index(fields=("project", "source"), name="suggestion_source"),)

    def __str__(self) -> str:
        return f"suggestion {self.pk}"


class SuggestionView(models.Model):
    """A suggestion shown to an annotator after the blind label, and whether the label changed because of it."""

    annotation = models.OneToOneField(Annotation, on_delete=models.PROTECT, related_name="suggestion_view")
    suggestion = models.ForeignKey(Suggestion, on_delete=models.PROTECT, related_name="views")
    agreed_before = models.BooleanField(help_text="The blind label named the suggested type.")
    switched = models.BooleanField(default=False, help_text="The type was changed after seeing the suggestion.")
    shown_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"suggestion {self.suggestion_id} shown for annotation {self.annotation_id}"
