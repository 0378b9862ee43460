"""The inference app: scoring service, deployments ledger, score log."""

from django.apps import AppConfig


class InferenceConfig(AppConfig):
    """Registers the app and its system checks."""

    name = "inference"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register checks (importing the module is what registers them) and the reader of labels."""
        from datasets_app.label_readers import register_label_reader
        from inference import checks  # noqa: F401  (apps must be loaded first)
        from inference.label_reader import open_reader

        register_label_reader(open_reader)
