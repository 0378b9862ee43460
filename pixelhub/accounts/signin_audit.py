"""Sign-ins, sign-outs, failed attempts, and changes of what somebody signs in with, as audit events; and what a
session remembers of them.

The only signals in use: Django and allauth offer no other seam.
"""

from typing import Any

from allauth.account.signals import (
    email_added,
    email_changed,
    email_removed,
    password_changed,
    password_reset,
    password_set,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver

from pixelhub.accounts.models import User
from pixelhub.accounts.second_factor import remember_set_up
from pixelhub.accounts.sessions import session_begin
from pixelhub.audit.services import record


@receiver(user_logged_in)
def record_sign_in(sender: Any, user: User, request: Any = None, **kwargs: Any) -> None:
    if request is not None:
        session_begin(request.session)
    with transaction.atomic():
        record(action="session.sign_in", actor=user)


@receiver(user_logged_out)
def record_sign_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        with transaction.atomic():
            record(action="session.sign_out", actor=user)


@receiver(user_login_failed)
def record_failed_sign_in(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    # Only a known user is named: what was typed into the field of an unknown one may be a password.
    name = str(credentials.get("username") or "").replace("\x00", "")[:150]
    known = User.objects.filter(username=name).first()
    with transaction.atomic():
        record(action="session.sign_in_failed", target=known)


@receiver(user_locked_out)
def record_lock_out(sender: Any, username: str | None = None, **kwargs: Any) -> None:
    known = User.objects.filter(username=username or "").first()
    with transaction.atomic():
        record(action="session.locked_out", target=known)


@receiver(authenticator_added)
def record_mfa_added(sender: Any, user: User, authenticator: Any, request: Any = None, **kwargs: Any) -> None:
    if request is not None and authenticator.type == Authenticator.Type.TOTP:
        remember_set_up(request.session, user)
    _record_own("mfa.add", user, kind=str(authenticator.type))


@receiver(authenticator_removed)
def record_mfa_removed(sender: Any, user: User, authenticator: Any, **kwargs: Any) -> None:
    _record_own("mfa.remove", user, kind=str(authenticator.type))


@receiver(authenticator_reset)
def record_mfa_reset(sender: Any, user: User, authenticator: Any, **kwargs: Any) -> None:
    _record_own("mfa.reset", user, kind=str(authenticator.type))


@receiver(authentication_failed)
def record_mfa_failed(sender: Any, user: User, **kwargs: Any) -> None:
    with transaction.atomic():
        record(action="mfa.fail", target=user)


@receiver([password_changed, password_set, password_reset])
def record_password_changed(sender: Any, user: User, **kwargs: Any) -> None:
    _record_own("password.change", user)


@receiver([email_added, email_changed, email_removed])
def record_email_changed(sender: Any, user: User, **kwargs: Any) -> None:
    _record_own("email.change", user)


def _record_own(action: str, user: User, **payload: str) -> None:
    """What somebody did with their own account; no address, no code and no secret is in the payload."""
    with transaction.atomic():
        record(action=action, actor=user, target=user, payload=payload)
