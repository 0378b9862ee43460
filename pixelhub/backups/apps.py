from django.apps import AppConfig


class BackupsConfig(AppConfig):
    """Copies of the whole hub that can be put back (docs/backup.md)."""

    name = "pixelhub.backups"
    label = "backups"
