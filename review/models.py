"""Tables of review: campaigns with cases and judgements, sign-offs, the plan and its ticks.

States and constraints only; every write is in `review.services`.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class AppendOnlyError(RuntimeError):
    """A row that may only ever be added was about to be changed or removed."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Refuses the bulk ways around `save` and `delete`."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError(f"{self.model.__name__} rows are never changed")

    def delete(self) -> NoReturn:
        raise AppendOnlyError(f"{self.model.__name__} rows are never removed")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError(f"{self.model.__name__} rows are never changed")


class AppendOnlyModel(models.Model):
    """Insert once; `save` on an existing row and `delete` raise `AppendOnlyError`."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} rows are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError(f"{type(self).__name__} rows are never removed")


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
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="review_cases", null=True, blank=True
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "record"], name="review_case_once"),
            models.UniqueConstraint(fields=["campaign", "position"], name="review_case_position"),
            models.CheckConstraint(condition=Q(weight__gte=1.0), name="review_case_weight"),
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


class SignOff(AppendOnlyModel):
    """A clinical lead's signed decision over exactly one bundle; never changed, never removed."""

    class Decision(models.TextChoices):
        APPROVED = "approved", "approved"
        REJECTED = "rejected", "rejected"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="signoffs")
    model_version = models.ForeignKey("training_app.ModelVersion", on_delete=models.PROTECT, related_name="signoffs")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="signoffs")
    bundle_sha256 = models.CharField(max_length=64)
    decision = models.CharField(max_length=10, choices=Decision)
    reason = models.TextField()
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signoffs")
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()
    signature = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["model_version", "signer"], name="review_signoff_once"),
            models.CheckConstraint(condition=~Q(signer=F("trainer")), name="review_signer_not_trainer"),
        ]

    def __str__(self) -> str:
        return f"{self.decision} of version {self.model_version_id} by {self.signer_id}"

    @property
    def envelope(self) -> dict[str, Any]:
        """The document with its signature, as deployments carry it."""
        return {"document": self.document, "signature": self.signature}


class TaskTick(models.Model):
    """By hand, what no data can show: a subtask of the plan is done, said by whom and when."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="task_ticks")
    task = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "task"], condition=Q(undone_at__isnull=True), name="review_tick_once"
            ),
        ]

    def __str__(self) -> str:
        return f"tick {self.task}"
