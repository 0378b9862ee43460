"""Every write to users, projects, memberships and API keys, each with its audit event."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from pixelhub.accounts.keys import API_SCOPES, TOKEN_PREFIX, api_key_create, api_key_revoke, secret_hash
from pixelhub.accounts.models import Membership, Project, User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.sessions import sessions_end
from pixelhub.audit.services import record

__all__ = [
    "API_SCOPES",
    "TOKEN_PREFIX",
    "api_key_create",
    "api_key_revoke",
    "membership_grant",
    "membership_revoke",
    "project_create",
    "second_factor_withdraw",
    "secret_hash",
    "user_create",
    "user_set_active",
]


@transaction.atomic
def user_create(
    *,
    username: str,
    password: str | None,
    actor: User | None = None,
    display_name: str = "",
    email: str = "",
    is_simulated: bool = False,
    validate: bool = True,
) -> User:
    """A new user; `password=None` makes one who cannot sign in. Raises ValidationError for bad input."""
    user = User(username=username, display_name=display_name, email=email, is_simulated=is_simulated)
    if password is not None and validate:
        validate_password(password, user)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    record(action="user.create", actor=actor, target=user, payload={"simulated": is_simulated})
    return user


@transaction.atomic
def user_set_active(*, user: User, active: bool, actor: User) -> None:
    """Let a user in or shut them out; takes effect with their next request, and ends their sessions."""
    User.objects.filter(pk=user.pk).update(is_active=active)
    user.is_active = active
    record(action="user.enable" if active else "user.disable", actor=actor, target=user)
    if not active:
        sessions_end(user=user, actor=actor, reason="disabled")


@transaction.atomic
def second_factor_withdraw(*, user: User, actor: User | None = None) -> int:
    """Take away a lost authenticator app with its recovery codes, and sign the person out everywhere.

    Their next sign-in is by password alone, and leads to setting up a new one where their role asks for it. Says how
    many authenticators there were; with none nothing happens.
    """
    removed, _ = Authenticator.objects.filter(user_id=user.pk).delete()
    if removed:
        record(action="mfa.withdraw", actor=actor, target=user)
        sessions_end(user=user, actor=actor, reason="second_factor")
    return removed


@transaction.atomic
def project_create(*, slug: str, name: str, actor: User | None = None, is_demo: bool = False) -> Project:
    """A new, empty project. Raises ValidationError where the slug is taken or malformed."""
    project = Project(slug=slug, name=name, is_demo=is_demo)
    project.full_clean()
    project.save()
    record(action="project.create", actor=actor, project=project, target=project, payload={"slug": slug})
    return project


@transaction.atomic
def membership_grant(*, project: Project, user: User, role: str, actor: User | None = None) -> Membership:
    """Give a person a role in a project; giving it twice changes nothing."""
    if role not in Role.values:
        raise ValidationError(f"Unknown role: {role}.")
    membership, created = Membership.objects.get_or_create(project=project, user=user, role=role)
    if created:
        payload = {"user": user.pk, "role": str(role)}
        record(action="membership.grant", actor=actor, project=project, target=membership, payload=payload)
    user.__dict__.pop("_capability_cache", None)
    return membership


@transaction.atomic
def membership_revoke(*, membership: Membership, actor: User) -> None:
    """Take a role away; takes effect with the person's next request. Whose it was is signed out everywhere."""
    payload = {"user": membership.user_id, "role": membership.role}
    record(
        action="membership.revoke",
        actor=actor,
        project=membership.project,
        target=membership,
        payload=payload,
    )
    membership.delete()
    if membership.user_id != actor.pk:
        sessions_end(user=membership.user, actor=actor, reason="role")
