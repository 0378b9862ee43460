"""Signing in once more for an act that needs it: password, second factor, and for how long that counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from pixelhub.accounts.models import User
from pixelhub.accounts.second_factor import has_second_factor
from review.refusal import Refused

__all__ = ["MFA", "PASSWORD", "SignIn", "password_checked", "sign_in_again", "sign_in_of"]

PASSWORD = "password"  # noqa: S105  (the name of a way to sign in)
MFA = "mfa"
_SESSION = "review_signed_in"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Proof that a person showed who they are: when, and by what."""

    user_id: int
    at: datetime
    methods: tuple[str, ...]

    @property
    def until(self) -> datetime:
        """Up to when it counts."""
        return self.at + timedelta(seconds=settings.SIGNOFF_FRESH_S)

    def is_fresh(self, now: datetime) -> bool:
        """Whether it still counts. One from the future never does."""
        return self.at <= now <= self.until


def sign_in_again(request: HttpRequest, user: User, *, password: str, code: str) -> SignIn:
    """Ask password and, where one is set up, the second factor; remembered in the session for the window.

    Wrong guesses of either count towards the lock-out of the sign-in page. Raises Refused saying which was wrong.
    """
    found = authenticate(request, username=user.get_username(), password=password)
    if found is None or found.pk != user.pk:
        raise Refused("This is not your password.")
    methods: tuple[str, ...] = (PASSWORD,)
    if has_second_factor(user):
        if not _code_is_right(user, code):
            user_login_failed.send(sender=__name__, credentials={"username": user.get_username()}, request=request)
            raise Refused("This is not the current code of your authenticator app, nor an unused recovery code.")
        methods = (PASSWORD, MFA)
    proof = SignIn(user.pk, timezone.now(), methods)
    request.session[_SESSION] = {"user": user.pk, "at": proof.at.isoformat(), "methods": list(methods)}
    return proof


def sign_in_of(request: HttpRequest, user: User) -> SignIn | None:
    """What the session remembers of this person's last proof, fresh or not; None where there was none."""
    kept = request.session.get(_SESSION)
    if not isinstance(kept, dict) or kept.get("user") != user.pk:
        return None
    return SignIn(user.pk, datetime.fromisoformat(kept["at"]), tuple(kept["methods"]))


def password_checked(user: User, password: str) -> SignIn:
    """The same for a program that acts for a made-up person whose password it knows. Raises Refused."""
    if not user.check_password(password):
        raise Refused("This is not your password.")
    return SignIn(user.pk, timezone.now(), (PASSWORD,))


def _code_is_right(user: User, code: str) -> bool:
    """A code of the app, or a recovery code that was not used yet (it is used up by this)."""
    code = code.strip()
    if not code:
        return False
    for authenticator in Authenticator.objects.filter(
        user=user, type__in=(Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    ):
        if authenticator.wrap().validate_code(code):
            authenticator.record_usage()
            return True
    return False
