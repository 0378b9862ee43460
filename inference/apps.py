"""The inference app: scoring service, deployments ledger, score log."""

from django.apps import AppConfig


class InferenceConfig(AppConfig):
    """Registers the app and its system checks."""

    name = "inference"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register checks; importing the module is what registers them."""
        from inference import checks  # noqa: F401  (apps must be loaded first)
