"""Read-only admin: every write goes through the services, which leave a trace."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from annotation.models import Adjudication, Annotation, Flag, Guideline, Round


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Look, don't touch."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> bool:
        return False


@admin.register(Guideline)
class GuidelineAdmin(ReadOnly):
    list_display = ("project", "version", "title", "state", "approved_at")


@admin.register(Round)
class RoundAdmin(ReadOnly):
    list_display = ("project", "number", "name", "state", "overlap", "simulated")


@admin.register(Annotation)
class AnnotationAdmin(ReadOnly):
    list_display = ("pk", "item_id", "annotator", "crisis_type", "severity", "revision")
    fields = ("item_id", "annotator", "crisis_type", "severity", "confidence", "revision", "sha256", "prev_sha256")


@admin.register(Adjudication)
class AdjudicationAdmin(ReadOnly):
    list_display = ("item_id", "crisis_type", "severity", "decided_by", "version")


@admin.register(Flag)
class FlagAdmin(ReadOnly):
    list_display = ("item_id", "kind", "annotator", "created_at")
