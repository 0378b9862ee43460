"""Releases: compiled datasets."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from .base import ImmutableRow, shown_state_of


class Release(models.Model):
    """A compiled dataset. Once published, its row and its files never change."""

    class Kind(models.TextChoices):
        LABELS = "labels", "Labelled"
        CORPUS = "corpus", "Corpus"
        FOREIGN = "foreign", "Brought in"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        COMPILING = "compiling", "Compiling"
        PUBLISHED = "published", "Published"
        FAILED = "failed", "Failed"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="releases")
    version = models.CharField(max_length=40)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.LABELS)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        help_text="The release whose placement in splits this one keeps.",
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    snapshots = models.ManyToManyField("datasets_app.LabelSnapshot", related_name="releases")
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    object_prefix = models.CharField(max_length=300)
    counts = models.JSONField(default=dict)
    params = models.JSONField(default=dict)
    gates = models.JSONField(default=list)
    quality = models.JSONField(default=dict, help_text="The QA report (D12).")
    export_prefix = models.CharField(max_length=300, blank=True, help_text="Where it was exported to, once it landed.")
    error = models.TextField(blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    compiled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="release_version_unique"),
            models.CheckConstraint(
                name="release_published_has_manifest", condition=~Q(state="published") | ~Q(manifest_sha256="")
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and Release.objects.filter(pk=self.pk, state=self.State.PUBLISHED).exists():
            raise ImmutableRow(f"release {self.version} is published and immutable")
        super().save(*args, **kwargs)

    @property
    def shown_state(self) -> str:
        """The state to show: a release whose job ended early is failed or cancelled."""
        return shown_state_of(self.state, self.job, ended=("published", "failed"))

    @property
    def is_open(self) -> bool:
        """Whether the job may still change something."""
        return self.shown_state in ("draft", "compiling")
