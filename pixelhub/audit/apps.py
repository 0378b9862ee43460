from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The append-only chain of what was done, by whom."""

    name = "pixelhub.audit"
    label = "audit"
