"""Fairness reports and checks of the edge cases: figures about one version, kept as they were computed."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from review.models.append_only import AppendOnlyModel


class Alert(models.TextChoices):
    """How much a fairness figure asks for attention, from the least to the most."""

    NONE = "none", "none"
    WATCH = "watch", "watch"
    WARNING = "warning", "warning"
    CRITICAL = "critical", "critical"


class VersionFinding(AppendOnlyModel):
    """A document of figures about one version, with its digest; never changed, never removed."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="+")
    model_version = models.ForeignKey("training_app.ModelVersion", on_delete=models.PROTECT, related_name="%(class)ss")
    bundle_sha256 = models.CharField(max_length=64)
    document = models.JSONField()
    sha256 = models.CharField(max_length=64)  # of the document's canonical JSON
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["-pk"]


class FairnessReport(VersionFinding):
    """Parity, odds, opportunity, calibration, representation and text bias by group; `alert` is its highest level."""

    alert = models.CharField(max_length=10, choices=Alert)

    class Meta(VersionFinding.Meta):
        constraints = [
            models.UniqueConstraint(fields=["model_version", "sha256"], name="review_fairness_report_once"),
        ]

    def __str__(self) -> str:
        return f"fairness report {self.pk} of version {self.model_version_id}"


class EdgeCaseCheck(VersionFinding):
    """What came in tagged as an edge case, and where each of them is in the version's release, or why not."""

    class Verdict(models.TextChoices):
        PASS = "pass", "pass"
        FAIL = "fail", "fail"
        INSUFFICIENT = "insufficient_data", "insufficient data"

    verdict = models.CharField(max_length=20, choices=Verdict)

    class Meta(VersionFinding.Meta):
        constraints = [
            models.UniqueConstraint(fields=["model_version", "sha256"], name="review_edge_case_check_once"),
        ]

    def __str__(self) -> str:
        return f"edge case check {self.pk} of version {self.model_version_id}"
