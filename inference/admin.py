"""Read-only admin: the ledger and the score log are written by services alone."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from inference.models import Deployment, ScoreLog


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows rows; adds, changes and deletes nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Deployment)
class DeploymentAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "model_version", "bundle_sha256", "activated_at", "retired_at")
    list_filter = ("project",)


@admin.register(ScoreLog)
class ScoreLogAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "model_version", "band", "alert_level", "degraded", "at")
    list_filter = ("project", "band", "degraded")
