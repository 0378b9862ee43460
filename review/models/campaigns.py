"""Campaigns with their cases and the experts' judgements. States and constraints only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Campaign(models.Model):
    """Experts read a weighted sample of one model version's test predictions."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        CLOSED = "closed", "closed"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="campaigns")
    model_version = models.ForeignKey("training_app.ModelVersion", on_delete=models.PROTECT, related_name="campaigns")
    evaluation = models.ForeignKey("training_app.Evaluation", on_delete=models.PROTECT, related_name="campaigns")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    seed = models.PositiveBigIntegerField()
    minimum_judged = models.PositiveIntegerField()
    minimum_reviewers = models.PositiveSmallIntegerField(default=1)  # judgements that make a case judged
    maximum_reviewers = models.PositiveSmallIntegerField(default=3)  # more are asked only where the first disagree
    judge_first = models.BooleanField(default=True)  # the prediction is hidden until the expert has labelled
    due_days = models.PositiveSmallIntegerField(default=14)  # what nobody began by then goes to others
    design = models.CharField(max_length=24, blank=True)  # how the cases were drawn; empty: before designs had names
    bundle_sha256 = models.CharField(max_length=64)
    predictions_sha256 = models.CharField(max_length=64)
    population = models.JSONField(default=dict)  # stratum -> number of test predictions in it
    figures = models.JSONField(default=dict)  # frozen when the campaign closes
    sha256 = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["model_version"], condition=Q(state="open"), name="review_one_open_campaign"
            ),
            models.CheckConstraint(condition=Q(state="open") | ~Q(sha256=""), name="review_closed_campaign_has_digest"),
            models.CheckConstraint(
                condition=Q(minimum_reviewers__gte=1)
                & Q(maximum_reviewers__gte=F("minimum_reviewers"))
                & Q(maximum_reviewers__lte=9),
                name="review_campaign_reviewers",
            ),
        ]

    def __str__(self) -> str:
        return f"campaign {self.pk} ({self.state})"


class ReviewCase(models.Model):
    """One test conversation of a campaign, with the prediction that stays hidden at first."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="cases")
    record = models.ForeignKey("datasets_app.Record", on_delete=models.PROTECT, related_name="review_cases")
    position = models.PositiveIntegerField()
    prediction = models.JSONField()
    stratum = models.CharField(max_length=80)
    weight = models.FloatField()  # inverse of the probability with which it was drawn
    inclusion_probability = models.FloatField()  # n_h / N_h of its stratum

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "record"], name="review_case_once"),
            models.UniqueConstraint(fields=["campaign", "position"], name="review_case_position"),
            models.CheckConstraint(condition=Q(weight__gte=1.0), name="review_case_weight"),
            models.CheckConstraint(
                condition=Q(inclusion_probability__gt=0.0) & Q(inclusion_probability__lte=1.0),
                name="review_case_inclusion",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.position} of campaign {self.campaign_id}"


class Judgement(models.Model):
    """An expert's view: first blind (own type and severity), then a verdict on the prediction."""

    class Verdict(models.TextChoices):
        AGREE = "agree", "agree"
        SHOULD_ESCALATE = "should_escalate", "should escalate"
        SHOULD_NOT_ESCALATE = "should_not_escalate", "should not escalate"

    case = models.ForeignKey(ReviewCase, on_delete=models.CASCADE, related_name="judgements")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="judgements")
    correct_type = models.CharField(max_length=32)
    correct_severity = models.PositiveSmallIntegerField(null=True, blank=True)
    blind_at = models.DateTimeField(auto_now_add=True)
    blind = models.BooleanField(default=True)  # labelled before the prediction was shown
    rubric = models.JSONField(default=dict)  # scale -> 1-5; a scale that the expert left out is not in it
    verdict = models.CharField(max_length=24, choices=Verdict, blank=True)
    comment = models.TextField(blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["case_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "expert"], name="review_judgement_once"),
            models.CheckConstraint(
                condition=Q(verdict="", judged_at__isnull=True, sha256="")
                | (~Q(verdict="") & Q(judged_at__isnull=False) & ~Q(sha256="")),
                name="review_judgement_whole",
            ),
            models.CheckConstraint(
                condition=Q(correct_severity__isnull=True) | Q(correct_severity__range=(1, 5)),
                name="review_judgement_severity",
            ),
        ]

    def __str__(self) -> str:
        return f"judgement of case {self.case_id} by {self.expert_id}"
