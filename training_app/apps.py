from django.apps import AppConfig


class TrainingAppConfig(AppConfig):
    """Runs in the hub around the Django-free package ``training_app.learn``."""

    name = "training_app"
    verbose_name = "Training"
    default_auto_field = "django.db.models.BigAutoField"
