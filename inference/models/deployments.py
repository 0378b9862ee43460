"""What was in production when."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class Deployment(models.Model):
    """One model version in production for one project, from `activated_at` until `retired_at`.

    `signoff` is the signed envelope on which it was activated; the serving process verifies it again.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="deployments")
    model_version = models.ForeignKey("training_app.ModelVersion", on_delete=models.PROTECT, related_name="deployments")
    bundle_sha256 = models.CharField(max_length=64)
    signoff = models.JSONField()
    activated_at = models.DateTimeField(default=timezone.now)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="deployments_activated"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="deployments_retired"
    )

    class Meta:
        ordering: ClassVar = ["-activated_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(retired_at__isnull=True), name="inference_one_active_per_project"
            ),
            models.CheckConstraint(
                condition=models.Q(retired_at__isnull=True) | models.Q(retired_at__gte=models.F("activated_at")),
                name="inference_deployment_retired_after_activation",
            ),
        ]

    def __str__(self) -> str:
        return f"deployment {self.pk} of {self.bundle_sha256[:12]}"

    @property
    def is_active(self) -> bool:
        """Whether this is what production runs now."""
        return self.retired_at is None


class SignoffVoid(models.Model):
    """A sign-off that no longer counts, by the digest of the evidence that it was given over. Rows are only added.

    It lies beside the deployments, and not beside the sign-offs, because the serving process asks for it.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="signoff_voids")
    evidence_sha256 = models.CharField(max_length=64)
    bundle_sha256 = models.CharField(max_length=64)
    reason = models.TextField()
    # Nobody: the hub itself found that what was signed has been altered.
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    voided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-voided_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "evidence_sha256"], name="inference_signoff_void_once"),
            models.CheckConstraint(
                condition=~models.Q(evidence_sha256="") & ~models.Q(reason=""), name="inference_signoff_void_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"void of {self.evidence_sha256[:12]}"
