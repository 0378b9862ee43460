"""Decisions on disagreements, and kept agreement figures."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .rounds import Round, RoundItem


class RulingFields(models.Model):
    """What an adjudicator decides; shared by the current decision and its history."""

    crisis_type = models.CharField(max_length=32)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    is_edge_case = models.BooleanField(default=False)
    edge_case_kind = models.CharField(max_length=32, blank=True)
    reason = models.TextField(max_length=2000)
    guideline_section = models.CharField(max_length=64)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    overrides = models.BooleanField(
        default=False, help_text="By clinical authority, over agreeing annotators or over another's decision."
    )

    class Meta:
        abstract = True


class Adjudication(RulingFields):
    """The decision on a disagreement. `version` rises with each change, so a second decider is told."""

    item = models.OneToOneField(RoundItem, on_delete=models.PROTECT, related_name="adjudication")

    class Meta:
        ordering = ("item__position",)
        constraints = (
            models.CheckConstraint(
                condition=Q(crisis_type="none", severity__isnull=True)
                | (~Q(crisis_type="none") & Q(severity__isnull=False) & Q(severity__gte=1) & Q(severity__lte=5)),
                name="adjudication_severity_fits_type",
            ),
        )

    def __str__(self) -> str:
        return f"adjudication of sample {self.item_id}"


class AdjudicationRevision(RulingFields):
    """Every decision that ever stood on a sample, the first one included. Rows are only added."""

    item = models.ForeignKey(RoundItem, on_delete=models.PROTECT, related_name="adjudication_revisions")

    class Meta:
        ordering = ("item", "version")
        constraints = (models.UniqueConstraint(fields=("item", "version"), name="adjudication_version_unique"),)

    def __str__(self) -> str:
        return f"decision {self.version} on sample {self.item_id}"


class AdjudicationSeat(models.Model):
    """Who is looking at a disagreement now, so that two adjudicators are handed different ones. Not a lock."""

    item = models.OneToOneField(RoundItem, on_delete=models.CASCADE, related_name="adjudication_seat")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"seat at sample {self.item_id}"


class AgreementResult(models.Model):
    """Agreement figures of a round at one moment (kept at close and at publication)."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="agreement_results")
    computed_at = models.DateTimeField(auto_now_add=True)
    figures = models.JSONField()

    class Meta:
        ordering = ("-computed_at", "-pk")

    def __str__(self) -> str:
        return f"agreement of round {self.round_id}"


class RaterModelFit(models.Model):
    """A rater model fitted to all labels of a closed round: whom it trusts how far, never shown beside names."""

    class Model(models.TextChoices):
        DAWID_SKENE = "dawid_skene", "Dawid-Skene"
        MACE = "mace", "MACE"

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="rater_model_fits")
    model = models.CharField(max_length=16, choices=Model)
    fitted_at = models.DateTimeField(auto_now_add=True)
    figures = models.JSONField(help_text="Labels, share of each type, trust in each rater by pseudonym.")

    class Meta:
        ordering = ("model",)
        constraints = (models.UniqueConstraint(fields=("round", "model"), name="rater_model_fitted_once"),)

    def __str__(self) -> str:
        return f"{self.model} of round {self.round_id}"


class RaterModelVote(models.Model):
    """What a rater model holds most probable for a sample, among the types that somebody chose."""

    fit = models.ForeignKey(RaterModelFit, on_delete=models.CASCADE, related_name="votes")
    item = models.ForeignKey(RoundItem, on_delete=models.CASCADE, related_name="rater_model_votes")
    crisis_type = models.CharField(max_length=32)
    confidence = models.FloatField()
    against_votes = models.BooleanField(help_text="Not a type with the most votes.")

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("fit", "item"), name="rater_model_vote_once"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1), name="rater_model_confidence_0_1"
            ),
        )

    def __str__(self) -> str:
        return f"vote on sample {self.item_id}"
