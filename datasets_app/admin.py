"""Read-only admin pages: rows are written by services, and published ones never change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .models import ImportBatch, LabelSnapshot, Release


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists and shows, changes nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    list_display = ("pk", "project", "file_name", "source", "family", "state", "read", "accepted", "quarantined")
    list_filter = ("state", "source")


@admin.register(LabelSnapshot)
class LabelSnapshotAdmin(ReadOnlyAdmin):
    list_display = ("number", "project", "name", "labels_count", "simulated", "sha256")


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ("version", "project", "state", "manifest_sha256", "created_at")
    list_filter = ("state",)
