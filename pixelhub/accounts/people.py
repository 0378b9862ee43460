"""The people of a project, as one page shows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from pixelhub.accounts.models import Membership, Project, User
from pixelhub.accounts.roles import Capability, roles_with
from pixelhub.accounts.services import membership_grant, membership_revoke, user_create

__all__ = ["Person", "people_of", "person_add", "role_withdraw"]


@dataclass(slots=True)
class Person:
    """One person with all their roles here."""

    user: User
    memberships: list[Membership] = field(default_factory=list)


def people_of(project: Project) -> list[Person]:
    """Everybody with a role in the project, by username."""
    people: dict[int, Person] = {}
    rows = Membership.objects.filter(project=project).select_related("user").order_by("user__username", "pk")
    for membership in rows:
        people.setdefault(membership.user_id, Person(membership.user)).memberships.append(membership)
    return list(people.values())


@transaction.atomic
def person_add(
    *, project: Project, username: str, display_name: str, email: str, password: str, role: str, actor: User
) -> User:
    """A new account and its first role, both or neither. Raises ValidationError."""
    user = user_create(username=username, password=password, display_name=display_name, email=email, actor=actor)
    membership_grant(project=project, user=user, role=role, actor=actor)
    return user


@transaction.atomic
def role_withdraw(*, membership: Membership, actor: User) -> None:
    """Take a role away, unless nobody could manage people afterwards. Raises ValidationError.

    The project row is locked, so that two administrators cannot remove each other at the same moment.
    """
    Project.objects.select_for_update(no_key=True).get(pk=membership.project_id)
    managing = roles_with(Capability.PEOPLE_MANAGE)
    others = Membership.objects.filter(project=membership.project_id, role__in=managing, user__is_active=True).exclude(
        pk=membership.pk
    )
    if membership.role in managing and not others.exists():
        raise ValidationError("This is the project's last administrator. Give the role to someone else first.")
    if not Membership.objects.filter(pk=membership.pk).exists():
        return
    membership_revoke(membership=membership, actor=actor)
