"""Where a project's alarms are sent, if its operator wants that, and what became of each message. No text."""

from __future__ import annotations

import secrets
import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from inference.models.cases import Case


def new_salt() -> str:
    """Random bytes from which, with the hub's own secret, a webhook's signing secret is derived."""
    return secrets.token_hex(16)


class Webhook(models.Model):
    """One address of a project.

    The signing secret is not stored: it is derived from `salt` and the hub's SECRET_KEY.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=500)
    salt = models.CharField(max_length=32, default=new_salt)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    failures = models.PositiveIntegerField(default=0, help_text="Deliveries given up in a row.")
    disabled_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["project", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(removed_at__isnull=True), name="inference_one_webhook_per_project"
            )
        ]

    def __str__(self) -> str:
        return f"webhook {self.pk} of project {self.project_id}"

    @property
    def is_live(self) -> bool:
        """Messages are sent to it."""
        return self.disabled_at is None and self.removed_at is None


class WebhookDelivery(models.Model):
    """One message: written in the transaction of what it tells, sent afterwards until it arrives or is given up.

    Its id goes with every attempt, so that a receiver can tell a repetition. `problem` is a short code.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Delivered"
        GIVEN_UP = "given_up", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="deliveries")
    event = models.CharField(max_length=30)
    payload_json = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.CharField(max_length=80, blank=True)
    milliseconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["webhook", "-created_at"], name="inference_deliveries_newest"),
            models.Index(fields=["state"], name="inference_deliveries_due", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"delivery {self.id} ({self.event}, {self.state})"
