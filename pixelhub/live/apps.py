"""The live app: a revision per topic says "look again"; channels only carries the news."""

from __future__ import annotations

from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "pixelhub.live"
    label = "live"
    verbose_name = "Live updates"
    default_auto_field = "django.db.models.BigAutoField"
