"""Users, projects, memberships and API keys."""

import secrets

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from pixelhub.accounts.rates import Limits
from pixelhub.accounts.roles import Role


def new_pseudonym() -> str:
    """A short random name that exports may show instead of a person's (48 bits, unique by constraint)."""
    return f"p{secrets.token_hex(6)}"


class User(AbstractUser):
    """A person. `pseudonym` stands for them in labels, snapshots and releases."""

    display_name = models.CharField(max_length=120, blank=True)
    pseudonym = models.CharField(max_length=20, unique=True, default=new_pseudonym, editable=False)
    is_simulated = models.BooleanField(
        default=False, help_text="Not a person: labels of this user were made by a program."
    )

    def __str__(self) -> str:
        return self.display_name or self.username


class Project(models.Model):
    """A closed workspace: nothing of it is seen by anyone without a membership."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    is_demo = models.BooleanField(default=False)
    starts_on = models.DateField(null=True, blank=True, help_text="Day 1 of the four phases.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One role of one person in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user", "role"], name="membership_once_per_role")]
        ordering = ["user__username", "role"]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role} in {self.project_id}"


class ApiKey(models.Model):
    """A program's way in. Only the hash of the secret is kept; the prefix makes it findable."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    rate_per_minute = models.PositiveIntegerField(default=600)
    quota_per_day = models.PositiveIntegerField(null=True, blank=True)
    quota_per_month = models.PositiveIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # After a rotation the secret before it works until this moment, and no other one.
    previous_hash = models.CharField(max_length=64, blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def is_live(self) -> bool:
        """Neither revoked nor past its date."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    @property
    def is_overlapping(self) -> bool:
        """Whether the secret before the last rotation still works."""
        return bool(self.previous_hash) and self.previous_until is not None and self.previous_until > timezone.now()

    @property
    def limits(self) -> Limits:
        """What it may spend."""
        return Limits.of(
            self.pk, per_minute=self.rate_per_minute, per_day=self.quota_per_day, per_month=self.quota_per_month
        )


class ApiKeyAllowance(models.Model):
    """How much of a key's limit was handed out in the period's current window, to all processes together.

    `starts` is the window's begin in seconds since 1970 (UTC); a later window overwrites it.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="allowances")
    period = models.CharField(max_length=8)
    starts = models.BigIntegerField(default=0)
    granted = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "period"], name="allowance_once_per_period")]


class ApiKeyUsage(models.Model):
    """What a key asked on one day (UTC), added up in bulk.

    `requests` counts everything that was asked with it, `conversations` what was scored, `errors` requests refused or
    failed (status 400 and above), `limited` those of them that were past a limit (429).
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    requests = models.PositiveBigIntegerField(default=0)
    conversations = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)
    limited = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="usage_once_per_day")]
