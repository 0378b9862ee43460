"""Runs of augmentation, and the children that wait for a person."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from datasets_app.corpus import taxonomy
from datasets_app.corpus.augmentation.naming import STRATEGY_NAMES
from pixelhub.canonical import canonical_json, sha256_hex

from .base import EDGE_CHOICES, TYPE_CHOICES, shown_state_of

STRATEGY_CHOICES = list(STRATEGY_NAMES.items())


class Augmentation(models.Model):
    """Children of labelled conversations, asked for once. Those whose label stands become records; others wait here."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="augmentations")
    release = models.ForeignKey(
        "datasets_app.Release",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="augmentations",
        help_text="Its training split has the parents; else the labelled records of the project.",
    )
    counts = models.JSONField(default=dict, help_text="How many children of each strategy are wanted.")
    seed = models.PositiveIntegerField(default=42)
    max_ratio = models.FloatField(default=0.5, help_text="Children to each original, those of earlier runs included.")
    use_model = models.BooleanField(default=True, help_text="The project's own model reads every child, if it has one.")
    use_endpoint = models.BooleanField(default=False, help_text="Paraphrases by the configured language model.")
    reader = models.CharField(max_length=120, blank=True, help_text="The model that read the children; blank: rules.")
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    report = models.JSONField(default=dict, help_text="Figures only; no words.")
    quarantine_key = models.CharField(max_length=500, blank=True)
    batches = models.ManyToManyField("datasets_app.ImportBatch", related_name="augmentations")
    snapshots = models.ManyToManyField("datasets_app.LabelSnapshot", related_name="augmentations")
    error = models.TextField(blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"augmentation {self.pk}"

    @property
    def wanted(self) -> int:
        """How many children were asked for, of all strategies."""
        return sum(self.counts.values())

    @property
    def shown_state(self) -> str:
        """The state to show: a run whose job ended early is failed or cancelled."""
        return shown_state_of(self.state, self.job, ended=("done", "failed"))

    @property
    def is_open(self) -> bool:
        """Whether the job may still change something."""
        return self.shown_state in ("queued", "running")


class Variation(models.Model):
    """A child that waits for a person to say whether its parent's label holds. Decided once, by one person."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a person"
        HOLDS = "holds", "The label holds"
        CHANGED = "changed", "The label changes"
        REFUSED = "refused", "Not usable"

    APPROVED = (State.HOLDS, State.CHANGED)

    augmentation = models.ForeignKey(Augmentation, on_delete=models.CASCADE, related_name="variations")
    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="variations")
    parent = models.ForeignKey("datasets_app.Record", on_delete=models.RESTRICT, related_name="variations")
    parent_content_hash = models.CharField(max_length=71, help_text="Of the parent's words when the child was made.")
    name = models.CharField(max_length=40, help_text="The id that the child carries.")
    row = models.JSONField(help_text="The child, in the form that imports read.")
    strategy = models.CharField(max_length=32, choices=STRATEGY_CHOICES)
    kind = models.CharField(max_length=32, blank=True, choices=EDGE_CHOICES)
    crisis_type = models.CharField(max_length=32, choices=TYPE_CHOICES)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    decided_type = models.CharField(max_length=32, blank=True, choices=TYPE_CHOICES)
    decided_severity = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it is not usable, or why the label changes.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    held_until = models.DateTimeField(null=True, blank=True, help_text="Until then nobody else is shown it.")
    batch = models.ForeignKey(
        "datasets_app.ImportBatch",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The import that took an approved child into the project.",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["augmentation", "name"], name="variation_once"),
            models.CheckConstraint(
                name="variation_decided_by_somebody",
                condition=Q(state="waiting", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="variation_refused_with_reason", condition=~Q(state__in=["refused", "changed"]) | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="variation_changed_to_a_label",
                condition=~Q(state="changed")
                | Q(decided_type=taxonomy.NONE_TYPE, decided_severity__isnull=True)
                | (~Q(decided_type__in=["", taxonomy.NONE_TYPE]) & Q(decided_severity__gte=1, decided_severity__lte=5)),
            ),
        ]
        indexes = [models.Index(fields=["project", "state", "strategy"], name="variation_queue")]

    def __str__(self) -> str:
        return f"variation {self.pk}"

    @property
    def label(self) -> tuple[str, int | None]:
        """The label it goes by: its parent's, or the one a reviewer gave it."""
        if self.state == self.State.CHANGED:
            return self.decided_type, self.decided_severity
        return self.crisis_type, self.severity

    def content(self) -> list[dict[str, Any]]:
        """Its words."""
        return list(self.row["conversation"])

    def answer_sha256(self, child_hash: str) -> str:
        """The hash of what a reviewer said of a child; a label that rests on the answer names it."""
        said = {"variation": self.pk, "state": self.state, "label": list(self.label), "child": child_hash}
        return sha256_hex(canonical_json(said))
