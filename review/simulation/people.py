"""The simulated people of a review: each an account marked as such, with the roles of the person it stands for."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import membership_grant, user_create

__all__ = ["Cast", "cast_make"]

_ROLES: dict[str, tuple[Role, ...]] = {
    "engineer": (Role.DATA_ENGINEER,),
    "trainer": (Role.ML_ENGINEER,),
    "operator": (Role.ML_ENGINEER,),
    "lead": (Role.CLINICAL_LEAD,),
    "second": (Role.CLINICAL_LEAD,),
    "pm": (Role.PM,),
}


@dataclass(frozen=True)
class Cast:
    """Who does what. The passwords are made up for this run and told to nobody; leads sign in with theirs."""

    engineer: User
    trainer: User
    operator: User
    lead: User
    second: User
    pm: User
    annotators: tuple[User, ...]
    passwords: dict[int, str]


def cast_make(project: Project, *, annotators: int = 2) -> Cast:
    """New simulated people for a new project."""
    passwords: dict[int, str] = {}

    def person(name: str, roles: tuple[Role, ...]) -> User:
        password = secrets.token_urlsafe(24)
        user = user_create(
            username=f"sim-{name}-{project.slug}",
            password=password,
            display_name=f"Simulated {name}",
            is_simulated=True,
        )
        passwords[user.pk] = password
        for role in roles:
            membership_grant(project=project, user=user, role=role)
        return user

    people = {name: person(name, roles) for name, roles in _ROLES.items()}
    labelling = tuple(person(f"annotator-{number}", (Role.ANNOTATOR,)) for number in range(1, annotators + 1))
    return Cast(**people, annotators=labelling, passwords=passwords)
