"""Expert validation sets: the conversations, what experts said of each, what a clinical lead decided. States only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from datasets_app.corpus.expertset.outcome import Outcome, outcome_of
from review.models.append_only import AppendOnlyModel

#: More experts than this never rate one conversation.
MOST_RATERS = 5
#: The job that draws a set; here, so that what reads it needs no service.
KIND = "review.expert_set"


class ExpertSet(models.Model):
    """One version of a set of conversations that experts rate. Frozen, it never changes: its file has a digest."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        FROZEN = "frozen", "frozen"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="expert_sets")
    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    trial = models.BooleanField(default=False, help_text="Smaller than a real set; for trying out.")
    raters = models.PositiveSmallIntegerField(default=2, help_text="Experts who rate each conversation.")
    params = models.JSONField(default=dict, help_text="Seed, size, share of crises, releases looked at.")
    excluded = models.JSONField(default=dict, help_text="What was kept out and why; hashes of near-copies.")
    manifest = models.JSONField(default=dict, help_text="Of a frozen set, as it was frozen or brought in.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the frozen file of examples.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    frozen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "version"], name="expert_set_version_once"),
            models.CheckConstraint(condition=Q(raters__range=(1, MOST_RATERS)), name="expert_set_raters"),
            models.CheckConstraint(
                condition=Q(state="open", sha256="", frozen_at__isnull=True)
                | (Q(state="frozen", frozen_at__isnull=False) & ~Q(sha256="")),
                name="expert_set_frozen_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"expert set {self.pk} (version {self.version})"

    @property
    def is_frozen(self) -> bool:
        return self.state == self.State.FROZEN


class ExpertExample(AppendOnlyModel):
    """One conversation of a set, as it was when it was chosen. Position 1 is shown first, whatever its label."""

    expert_set = models.ForeignKey(ExpertSet, on_delete=models.PROTECT, related_name="examples")
    position = models.PositiveIntegerField()
    record = models.ForeignKey(
        "datasets_app.Record", on_delete=models.PROTECT, related_name="expert_examples", null=True, blank=True
    )
    external_id = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=71)
    messages = models.JSONField()
    source = models.CharField(max_length=16)
    is_edge_case = models.BooleanField(default=False)
    edge_case_kind = models.CharField(max_length=32, blank=True)
    facts = models.JSONField(default=dict, help_text="Family, difficulty, the label it was chosen by.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["expert_set", "content_hash"], name="expert_example_once"),
            models.UniqueConstraint(fields=["expert_set", "position"], name="expert_example_position"),
        ]

    def __str__(self) -> str:
        return f"example {self.position} of expert set {self.expert_set_id}"

    @property
    def said(self) -> list[ExpertRating]:
        """The ratings by their raters' names; from what was fetched before, where it was."""
        return sorted(self.ratings.all(), key=lambda rating: (len(rating.rater), rating.rater))

    @property
    def decided(self) -> ExampleDecision | None:
        return getattr(self, "decision", None)

    @property
    def outcome(self) -> Outcome:
        """What the ratings and the decision come to."""
        return outcome_of(self.said, self.decided)

    @property
    def dispute(self) -> Outcome:
        """What the ratings alone come to."""
        return outcome_of(self.said)


class ExpertRating(AppendOnlyModel):
    """What one expert said of one example. `rater` is their pseudonym in this set; `expert` is empty for outsiders."""

    example = models.ForeignKey(ExpertExample, on_delete=models.PROTECT, related_name="ratings")
    rater = models.CharField(max_length=64)
    expert = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="expert_ratings", null=True, blank=True
    )
    crisis_type = models.CharField(max_length=32)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    rubric = models.JSONField(default=dict)
    safety = models.JSONField(default=list)
    comment = models.TextField(blank=True)
    simulated = models.BooleanField(default=False)
    rated_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["example_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["example", "rater"], name="expert_rating_once"),
            models.UniqueConstraint(fields=["example", "expert"], name="expert_rating_person_once"),
            models.CheckConstraint(
                condition=Q(crisis_type="none", severity__isnull=True)
                | (~Q(crisis_type="none") & Q(severity__range=(1, 5))),
                name="expert_rating_severity",
            ),
        ]

    def __str__(self) -> str:
        return f"rating of example {self.example_id} by {self.rater}"


class ExampleDecision(AppendOnlyModel):
    """A clinical lead's label where the experts disagreed, with the reason. Given once."""

    example = models.OneToOneField(ExpertExample, on_delete=models.PROTECT, related_name="decision")
    crisis_type = models.CharField(max_length=32)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.TextField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["example_id"]

    def __str__(self) -> str:
        return f"decision on example {self.example_id}"


def example_rows(expert_set: ExpertSet) -> models.QuerySet[Any]:
    """The examples in order, each with its ratings and decision: three queries for all of them."""
    return (
        ExpertExample.objects.filter(expert_set=expert_set)
        .select_related("decision")
        .prefetch_related("ratings")
        .order_by("position")
    )
