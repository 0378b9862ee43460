"""Sign-offs: signed decisions over exactly one bundle, and what a project asks of them. States and constraints only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from review.models.append_only import AppendOnlyModel
from review.models.campaigns import Campaign


class SignOff(AppendOnlyModel):
    """A signed decision over exactly one bundle and its evidence; never changed, never removed.

    `trainer`, `starter` and `registrar` made the version: the database refuses each of them as signer.
    """

    class Decision(models.TextChoices):
        APPROVED = "approved", "approved"
        REJECTED = "rejected", "rejected"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="signoffs")
    model_version = models.ForeignKey("training_app.ModelVersion", on_delete=models.PROTECT, related_name="signoffs")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="signoffs")
    bundle_sha256 = models.CharField(max_length=64)
    evidence_sha256 = models.CharField(max_length=64)
    decision = models.CharField(max_length=10, choices=Decision)
    reason = models.TextField()
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signoffs")
    role = models.CharField(max_length=20, default="clinical_lead")
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    starter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    registrar = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()
    signature = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["model_version", "signer", "evidence_sha256"], name="review_signoff_once"),
            models.CheckConstraint(condition=~Q(signer=F("trainer")), name="review_signer_not_trainer"),
            models.CheckConstraint(condition=~Q(signer=F("starter")), name="review_signer_not_starter"),
            models.CheckConstraint(
                condition=Q(registrar__isnull=True) | ~Q(signer=F("registrar")), name="review_signer_not_registrar"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} of version {self.model_version_id} by {self.signer_id}"

    @property
    def envelope(self) -> dict[str, Any]:
        """The document with its signature, as deployments carry it and people download it."""
        return {"document": self.document, "signature": self.signature}


class SignOffPolicy(AppendOnlyModel):
    """What a project asks of a sign-off. The newest row counts; the others say what was asked before."""

    class SecondRole(models.TextChoices):
        CLINICAL_LEAD = "clinical_lead", "another clinical lead"
        QA = "qa", "somebody from QA, or another clinical lead"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="signoff_policies")
    approvals = models.PositiveSmallIntegerField(default=1)
    second_role = models.CharField(max_length=20, choices=SecondRole, default=SecondRole.CLINICAL_LEAD)
    requires_mfa = models.BooleanField(default=False)
    requires_fairness = models.BooleanField(default=False)
    requires_edge_cases = models.BooleanField(default=False)
    reason = models.CharField(max_length=500)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(approvals__in=(1, 2)), name="review_policy_one_or_two"),
        ]

    def __str__(self) -> str:
        return f"{self.approvals} to approve in project {self.project_id}"


class PromotionFreeze(models.Model):
    """While it stands nobody promotes; going back to an earlier version stays possible. Former ones stay on record."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="promotion_freezes")
    reason = models.CharField(max_length=500)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField(auto_now_add=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(lifted_at__isnull=True), name="review_one_freeze_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_reason="")),
                name="review_freeze_lifted_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"freeze {self.pk} of project {self.project_id}"
