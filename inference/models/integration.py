"""Runs of the integration suite against this hub."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class IntegrationRun(models.Model):
    """One run: how many tests passed, and against which version in production. `report` is the suite's own document.

    `sha256` is over the report, and lies in the audit chain, too.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="integration_runs")
    deployment = models.ForeignKey(
        "inference.Deployment", null=True, on_delete=models.PROTECT, related_name="integration_runs"
    )
    passed = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    clients = models.PositiveIntegerField(default=0)
    report = models.JSONField()
    sha256 = models.CharField(max_length=64)
    run_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="integration_runs"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"integration run {self.pk}: {self.passed} of {self.total}"
