"""App configuration."""

from django.apps import AppConfig


class DatasetsAppConfig(AppConfig):
    name = "datasets_app"
    label = "datasets_app"
    verbose_name = "Datasets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system checks)
