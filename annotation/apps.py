"""Annotation: guidelines, rounds, labels, agreement, adjudication."""

from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    name = "annotation"
    verbose_name = "Annotation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from annotation import checks  # noqa: F401  (system checks register on import)
