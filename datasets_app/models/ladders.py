"""Stage ladders: training data built of a release, in fixed shares of stages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from .base import ImmutableRow, shown_state_of


class StageLadder(models.Model):
    """One ladder of a release's train split. Once published, its row and its files never change."""

    class Recipe(models.TextChoices):
        FOUR = "four", "The four-stage ladder"
        SEVEN = "seven", "The seven-stage curriculum"

    class State(models.TextChoices):
        BUILDING = "building", "Building"
        PUBLISHED = "published", "Published"
        FAILED = "failed", "Failed"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="ladders")
    release = models.ForeignKey("datasets_app.Release", on_delete=models.PROTECT, related_name="ladders")
    recipe = models.CharField(max_length=8, choices=Recipe.choices, default=Recipe.FOUR)
    wanted = models.PositiveIntegerField(default=0, help_text="Records asked for; 0 is the most whose shares hold.")
    seed = models.PositiveIntegerField(default=0)
    without_empty_stages = models.BooleanField(
        default=False, help_text="Share the records among the stages that have any."
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.BUILDING)
    object_prefix = models.CharField(max_length=300, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField(default=dict, help_text="FINAL_TRAINING_DATA_MANIFEST.json; it holds no text.")
    error = models.TextField(blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="ladder_published_has_manifest", condition=~Q(state="published") | ~Q(manifest_sha256="")
            ),
        ]

    def __str__(self) -> str:
        return f"stage ladder {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and StageLadder.objects.filter(pk=self.pk, state=self.State.PUBLISHED).exists():
            raise ImmutableRow(f"stage ladder {self.pk} is published and immutable")
        super().save(*args, **kwargs)

    @property
    def shown_state(self) -> str:
        """The state to show: a ladder whose job ended early is failed or cancelled."""
        return shown_state_of(self.state, self.job, ended=("published", "failed"))

    @property
    def is_open(self) -> bool:
        """Whether the job may still change something."""
        return self.shown_state == "building"
