"""Evaluations of versions and the uses of the test split."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from training_app.models.versions import ModelVersion


class Evaluation(models.Model):
    """Metrics of one version on one held-out set; append only."""

    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="evaluations")
    split = models.CharField(max_length=12, default="test")
    metrics = models.JSONField()
    sha256 = models.CharField(max_length=64)
    test_set_sha256 = models.CharField(max_length=64)
    use_number = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("model_version", "split", "use_number"), name="evaluation_use_once")
        ]

    def __str__(self) -> str:
        return f"{self.model_version} on {self.split}"


class TestSetUse(models.Model):
    """One opening of a release's test split by one version; the counter that the pages show."""

    __test__ = False  # pytest would collect a class of this name

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="test_set_uses")
    release = models.ForeignKey("datasets_app.Release", on_delete=models.PROTECT, related_name="test_set_uses")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="test_set_uses")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.release} by {self.model_version}"


class FileEvaluation(models.Model):
    """Metrics of one version on one labelled file that is no split of its release; append only.

    It opens no test split, so it is not counted as one; the file is named by its hash, and its text is not kept.
    """

    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="file_evaluations")
    name = models.CharField(max_length=120)
    file_sha256 = models.CharField(max_length=64)
    # human, weak, synthetic: how the file's labels came to be; said wherever the figures are shown.
    label_kind = models.CharField(max_length=12)
    overlap = models.PositiveIntegerField(help_text="Rows that were left out because the release holds them too.")
    metrics = models.JSONField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "-id")

    def __str__(self) -> str:
        return f"{self.model_version} on {self.name}"
