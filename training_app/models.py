"""Tables of training: runs with their curves, registered model versions, evaluations, test-set uses."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class VersionState(models.TextChoices):
    CANDIDATE = "candidate", "Candidate"
    VALIDATED = "validated", "Validated"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    PRODUCTION = "production", "In production"
    RETIRED = "retired", "Retired"
    REJECTED = "rejected", "Rejected"


class TrainingRun(models.Model):
    """One training of one configuration on one published release."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="training_runs")
    release = models.ForeignKey("datasets_app.Release", on_delete=models.PROTECT, related_name="training_runs")
    name = models.CharField(max_length=120)
    config = models.JSONField()
    config_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.QUEUED)
    job = models.OneToOneField("jobs.Job", null=True, on_delete=models.PROTECT, related_name="training_run")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    best_epoch = models.PositiveIntegerField(null=True)
    validation = models.JSONField(default=dict)
    reproduced = models.ForeignKey(
        "training_app.ModelVersion",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The version that this run made again, byte for byte; it then has none of its own.",
    )

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=("project", "-id"), name="training_run_project")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("training:run_detail", args=[self.pk])

    @property
    def shown_state(self) -> str:
        """The state to show: a job that ended without its handler (its workers were lost) ends the run too."""
        if self.state in (RunState.QUEUED, RunState.RUNNING) and self.job and self.job.is_final:
            return str(self.job.state)
        return str(self.state)

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs, so that it can still be cancelled and its page must follow it."""
        return self.shown_state in (RunState.QUEUED, RunState.RUNNING)


class RunMetric(models.Model):
    """One value of one curve; written by the job, read by the chart."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="metrics")
    epoch = models.PositiveIntegerField()
    name = models.CharField(max_length=40)
    value = models.FloatField()

    class Meta:
        ordering = ("run_id", "epoch", "name")
        constraints = [models.UniqueConstraint(fields=("run", "epoch", "name"), name="run_metric_once")]

    def __str__(self) -> str:
        return f"{self.name}@{self.epoch}={self.value:.4f}"


class ModelVersion(models.Model):
    """A registered bundle: immutable bytes with their lineage; only ``state`` ever changes."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="model_versions")
    version = models.CharField(max_length=20)
    run = models.OneToOneField(TrainingRun, on_delete=models.PROTECT, related_name="model_version")
    release = models.ForeignKey("datasets_app.Release", on_delete=models.PROTECT, related_name="model_versions")
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
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
        ]

    def __str__(self) -> str:
        return f"v{self.version}"

    def get_absolute_url(self) -> str:
        return reverse("training:version_detail", args=[self.pk])

    @property
    def evidence_prefix(self) -> str:
        """Where card.md and the test predictions lie: beside the bundle, whose own prefix holds its files alone."""
        return f"evaluations/{self.bundle_sha256}/"


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
