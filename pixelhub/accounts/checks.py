"""Bad configuration becomes a system check with a hint, before anyone meets it as an error."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from pixelhub.accounts.roles import Role


@register(Tags.security)
def check_secret_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.SECRET_KEY_IS_GENERATED and settings.HTTPS:
        return [
            Warning(
                "SECRET_KEY was generated into the var folder.",
                hint="Set SECRET_KEY in the environment, the same for every process of this hub.",
                id="pixelhub.W001",
            )
        ]
    return []


@register(Tags.security)
def check_second_factor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    unknown = sorted(set(settings.MFA_REQUIRED_ROLES) - set(Role.values))
    if unknown:
        return [
            Error(
                f"MFA_REQUIRED_ROLES names no role: {', '.join(unknown)}.",
                hint=f"Roles are: {', '.join(Role.values)}.",
                id="pixelhub.E002",
            )
        ]
    if not settings.MFA_REQUIRED_ROLES and settings.HTTPS:
        return [
            Warning(
                "Nobody has to use a second factor here (MFA_REQUIRED_ROLES is empty).",
                hint="Leave it unset for those who sign, govern, manage people or take conversations out.",
                id="pixelhub.W003",
            )
        ]
    return []


@register()
def check_object_store(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.OBJECT_STORE_URL.startswith(("file://", "s3://")):
        return [
            Error(
                f"OBJECT_STORE_URL has an unknown scheme: {settings.OBJECT_STORE_URL.split(':', 1)[0]}.",
                hint="Use file:///absolute/folder or s3://bucket/prefix.",
                id="pixelhub.E001",
            )
        ]
    return []


@register()
def check_demo_is_private(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    open_hosts = [
        host for host in settings.ALLOWED_HOSTS if host not in ("127.0.0.1", "localhost", "[::1]", "testserver")
    ]
    if settings.DEMO and open_hosts:
        return [
            Warning(
                f"PIXELHUB_DEMO is on while ALLOWED_HOSTS admits {', '.join(open_hosts)}.",
                hint="Demo accounts have published passwords: keep a demo on loopback.",
                id="pixelhub.W002",
            )
        ]
    return []
