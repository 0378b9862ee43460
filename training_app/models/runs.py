"""Runs with their curves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from training_app.models.states import RunKind, RunState


class TrainingRun(models.Model):
    """One training of one configuration on one published release, or what makes another version out of a version."""

    kind = models.CharField(max_length=8, choices=RunKind.choices, default=RunKind.TRAIN)
    source_version = models.ForeignKey(
        "training_app.ModelVersion",
        null=True,
        on_delete=models.PROTECT,
        related_name="derived_runs",
        help_text="The teacher of a distillation, or the version that is exported.",
    )
    cloned_from = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="clones")
    study = models.ForeignKey("training_app.Study", null=True, on_delete=models.PROTECT, related_name="runs")

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
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=RunKind.TRAIN, source_version=None)
                | (~Q(kind=RunKind.TRAIN) & Q(source_version__isnull=False)),
                name="training_run_source_by_kind",
            ),
        ]

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


class RunPoint(models.Model):
    """What a run said within an epoch: loss and rate at a step."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="points")
    step = models.PositiveIntegerField()
    at = models.DateTimeField()
    # loss, learning_rate, tokens_per_second, and the training process's own rss_mb, gpu_mb: those that are known.
    values = models.JSONField()

    class Meta:
        ordering = ("run_id", "step")
        constraints = [models.UniqueConstraint(fields=("run", "step"), name="run_point_once")]

    def __str__(self) -> str:
        return f"step {self.step}"


class RunSample(models.Model):
    """What a run's processes took of their machine at a moment, whatever they were doing."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    # Percent of one core, so two busy cores are 200.
    cpu_percent = models.FloatField(null=True)
    rss_mb = models.FloatField()
    # Of the whole machine: the driver does not say whose they are.
    gpu_percent = models.FloatField(null=True)
    gpu_mb = models.FloatField(null=True)

    class Meta:
        ordering = ("run_id", "id")

    def __str__(self) -> str:
        return f"{self.rss_mb:.0f} MB at {self.at:%H:%M:%S}"
