"""The jobs app: one table owns every long piece of work."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "pixelhub.jobs"
    label = "jobs"
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        autodiscover_modules("jobs")
        for module in settings.JOBS_HANDLER_MODULES:
            import_module(module)
        import_module("pixelhub.jobs.checks")
