from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, roles, projects and API keys."""

    name = "pixelhub.accounts"
    label = "accounts"

    def ready(self) -> None:
        from pixelhub.accounts import checks, signin_audit  # noqa: F401  (registers checks and receivers)
