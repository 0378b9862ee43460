"""The second factor: whose role asks for one, from when on, and how far a session is with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Min
from django.http import HttpRequest
from django.utils import timezone

from pixelhub.accounts.models import Membership, User

__all__ = ["Duty", "Standing", "duty_of", "has_second_factor", "is_overdue", "remember_set_up", "standing_of"]

_SET_UP = "second_factor_set_up"


@dataclass(frozen=True, slots=True)
class Duty:
    """A person's role, or their place in Django's admin, asks for a second factor from `due` on."""

    due: datetime

    @property
    def is_due(self) -> bool:
        """Whether the days of grace are over."""
        return timezone.now() >= self.due


@dataclass(frozen=True, slots=True)
class Standing:
    """What a session lacks before it may go on: nothing (""), a "code" of the app, or the "app" itself.

    `due` is set where the role asks for a second factor and the days of grace run: until then nothing is lacking.
    """

    lacks: Literal["", "code", "app"]
    due: datetime | None = None


def duty_of(user: User) -> Duty | None:
    """None for people whose roles ask for nothing, and for programs. One query.

    The grace begins when the first role that asks was given, so taking a role away and giving it again gains nothing
    for whoever keeps another one.
    """
    if not settings.MFA_REQUIRED_ROLES or not user.is_authenticated or user.is_simulated:
        return None
    asked = Membership.objects.filter(user_id=user.pk, role__in=settings.MFA_REQUIRED_ROLES)
    since: datetime | None = asked.aggregate(first=Min("created_at"))["first"]
    if user.is_staff or user.is_superuser:
        since = min(since or user.date_joined, user.date_joined)
    return Duty(since + timedelta(days=settings.MFA_GRACE_DAYS)) if since is not None else None


def has_second_factor(user: User) -> bool:
    """Whether this person has set up an authenticator app."""
    return is_mfa_enabled(user, types=[Authenticator.Type.TOTP])


def is_overdue(user: User) -> bool:
    """Whether this person must have a second factor by now, and has none."""
    duty = duty_of(user)
    return duty is not None and duty.is_due and not has_second_factor(user)


def standing_of(session: SessionBase, user: User) -> Standing:
    """Whether this session of this person may go on. No query where it has shown its second factor, else up to two."""
    if _has_shown_it(session, user):
        return Standing("")
    duty = duty_of(user)
    if duty is None:
        return Standing("")
    if has_second_factor(user):
        # Set up, but this session (one from before, or from elsewhere) has not shown it.
        return Standing("code")
    return Standing("app") if duty.is_due else Standing("", due=duty.due)


def remember_set_up(session: SessionBase, user: User) -> None:
    """Whoever sets an app up has just typed one of its codes: they are not asked for the next one at once."""
    session[_SET_UP] = user.pk


def _has_shown_it(session: SessionBase, user: User) -> bool:
    """Whether this session gave a second factor: when it signed in, later, or by setting one up itself."""
    # allauth reads nothing of the request but its session.
    request = HttpRequest()
    request.session = session
    records = get_authentication_records(request, user)
    return session.get(_SET_UP) == user.pk or any(record.get("method") == "mfa" for record in records)
