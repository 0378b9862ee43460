from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Starting and keeping a hub running on one machine."""

    name = "pixelhub.ops"
    label = "ops"
