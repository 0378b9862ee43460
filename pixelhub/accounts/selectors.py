"""Reads of users, memberships and API keys."""

import hmac

from django.db.models import QuerySet

from pixelhub.accounts.models import ApiKey, Membership, Project, User
from pixelhub.accounts.roles import Capability, roles_with
from pixelhub.accounts.services import TOKEN_PREFIX, secret_hash

__all__ = ["api_key_verify", "members_with", "roles_in"]


def members_with(project: Project, capability: Capability) -> QuerySet[User]:
    """The active people of a project who may do this."""
    return User.objects.filter(
        is_active=True,
        memberships__project=project,
        memberships__role__in=roles_with(capability),
    ).distinct()


def roles_in(user: User, project: Project) -> list[str]:
    """The user's roles in the project."""
    return list(Membership.objects.filter(user=user, project=project).values_list("role", flat=True))


def api_key_verify(token: str) -> ApiKey | None:
    """The key of this token; None when it is unknown, wrong, expired, revoked, or its maker is disabled.

    The secret before the last rotation counts until its overlap ends.

    The secret is compared in constant time, and a comparison is made for unknown prefixes as well.
    """
    parts = token.split("_", 2)
    if len(parts) != 3 or parts[0] != TOKEN_PREFIX or "\x00" in token:
        return None
    key = ApiKey.objects.select_related("project", "created_by").filter(prefix=parts[1]).first()
    given, nothing = secret_hash(parts[2]), "0" * 64
    current, previous = (key.secret_hash, key.previous_hash or nothing) if key else (nothing, nothing)
    # Both are always compared: how long it takes says nothing about which one it was.
    is_current, is_previous = hmac.compare_digest(given, current), hmac.compare_digest(given, previous)
    matches = is_current or (is_previous and key is not None and key.is_overlapping)
    if key is None or not matches or not key.is_live or not key.created_by.is_active:
        return None
    return key
