"""Searches over configurations and their trials."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse

from training_app.models.states import RunState, TrialState


class Study(models.Model):
    """A search over configurations on one release; it sees train and validation, never the test split."""

    class Method(models.TextChoices):
        GRID = "grid", "Grid"
        TPE = "tpe", "Bayesian (TPE)"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="studies")
    release = models.ForeignKey("datasets_app.Release", on_delete=models.PROTECT, related_name="studies")
    name = models.CharField(max_length=120)
    method = models.CharField(max_length=8, choices=Method.choices, default=Method.GRID)
    base_config = models.JSONField()
    space = models.JSONField(help_text="Dotted configuration names and the values or the range that each may take.")
    max_trials = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.QUEUED)
    job = models.OneToOneField("jobs.Job", null=True, on_delete=models.PROTECT, related_name="study")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("training:study_detail", args=[self.pk])

    @property
    def shown_state(self) -> str:
        """The state to show: a job that ended without its handler (its workers were lost) ends the study too."""
        if self.state in (RunState.QUEUED, RunState.RUNNING) and self.job and self.job.is_final:
            return str(self.job.state)
        return str(self.state)

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs, so that it can still be cancelled and its page must follow it."""
        return self.shown_state in (RunState.QUEUED, RunState.RUNNING)


class Trial(models.Model):
    """One configuration of a study with its curve on validation; `value` is the best validation macro F1."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="trials")
    number = models.PositiveIntegerField()
    params = models.JSONField()
    config_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=TrialState.choices, default=TrialState.RUNNING)
    value = models.FloatField(null=True)
    curve = models.JSONField(default=list)
    validation = models.JSONField(default=dict)
    seconds = models.FloatField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("study_id", "number")
        constraints = [models.UniqueConstraint(fields=("study", "number"), name="trial_number_once")]

    def __str__(self) -> str:
        return f"trial {self.number}"
