"""Registered model versions: their states over time and the free-text sections of their cards."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from training_app.models.runs import TrainingRun
from training_app.models.states import VersionKind, VersionState


class ModelVersion(models.Model):
    """A registered bundle: immutable bytes with their lineage; only ``state`` ever changes."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="model_versions")
    version = models.CharField(max_length=20)
    run = models.OneToOneField(TrainingRun, on_delete=models.PROTECT, related_name="model_version")
    release = models.ForeignKey("datasets_app.Release", on_delete=models.PROTECT, related_name="model_versions")
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=VersionKind.choices, default=VersionKind.TRAINED)
    derived_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="derived")
    state = models.CharField(max_length=12, choices=VersionState.choices, default=VersionState.CANDIDATE)
    bundle_sha256 = models.CharField(max_length=64)
    object_prefix = models.CharField(max_length=120)
    files = models.JSONField(default=dict)
    lineage = models.JSONField(default=dict)
    threshold = models.FloatField()
    temperature = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("project", "version"), name="model_version_number_once"),
            models.UniqueConstraint(fields=("project", "bundle_sha256"), name="model_version_bundle_once"),
            models.CheckConstraint(
                condition=Q(threshold__gte=0) & Q(threshold__lte=1), name="model_version_threshold_share"
            ),
            models.CheckConstraint(condition=Q(temperature__gt=0), name="model_version_temperature_positive"),
            models.UniqueConstraint(
                fields=("project",),
                condition=Q(state=VersionState.PRODUCTION),
                name="model_version_one_in_production",
            ),
            models.CheckConstraint(
                condition=Q(kind=VersionKind.TRAINED, derived_from=None)
                | (~Q(kind=VersionKind.TRAINED) & Q(derived_from__isnull=False)),
                name="model_version_origin_by_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"

    def get_absolute_url(self) -> str:
        return reverse("training:version_detail", args=[self.pk])

    @property
    def evidence_prefix(self) -> str:
        """Where card.md and the test predictions lie: beside the bundle, whose own prefix holds its files alone."""
        return f"evaluations/{self.bundle_sha256}/"

    @property
    def card_key(self) -> str:
        """Where the model card lies: without it the version is not served."""
        return f"{self.evidence_prefix}card.md"


class VersionTransition(models.Model):
    """One change of a version's state; append only. Answers which version was in production at any time."""

    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="transitions")
    before = models.CharField(max_length=12, choices=VersionState.choices, blank=True)
    after = models.CharField(max_length=12, choices=VersionState.choices)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=("after", "-at"), name="version_transition_after")]

    def __str__(self) -> str:
        return f"{self.model_version}: {self.before or 'new'} to {self.after}"


class CardSection(models.Model):
    """One revision of a free-text section of a model card; the newest revision is shown, all are kept."""

    class Name(models.TextChoices):
        INTENDED_USE = "intended_use", "Notes on intended use"
        LIMITS = "limits", "Known limits"
        ETHICS = "ethics", "Ethical considerations"
        CAVEATS = "caveats", "Caveats and recommendations"

    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="card_sections")
    name = models.CharField(max_length=16, choices=Name.choices)
    revision = models.PositiveIntegerField()
    text = models.TextField(max_length=8000)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("model_version_id", "name", "-revision")
        constraints = [
            models.UniqueConstraint(fields=("model_version", "name", "revision"), name="card_section_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}, revision {self.revision}"
