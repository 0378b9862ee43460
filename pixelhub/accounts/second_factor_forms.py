"""Wrong codes count towards the same lock-out as wrong passwords."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils import timezone

#: A code has six digits: past so many lock-outs' worth of failures from all addresses together nobody may guess on.
_ADDRESSES = 3


class _Counted:
    """A wrong code is a failed sign-in (django-axes counts it by person and address); locked out means locked out."""

    user: Any

    def clean_code(self) -> str:
        name = self.user.get_username()
        if _is_locked(name):
            raise ValidationError("Too many attempts. Wait a while, then try again.")
        try:
            return super().clean_code()  # type: ignore[misc,no-any-return]
        except ValidationError:
            user_login_failed.send(sender=__name__, credentials={"username": name}, request=context.request)
            raise


class CountedAuthenticateForm(_Counted, AuthenticateForm):
    """The code at sign-in."""


class CountedReauthenticateForm(_Counted, ReauthenticateForm):
    """The code of somebody who is signed in."""


def _is_locked(username: str) -> bool:
    if AxesProxyHandler.is_locked(context.request, {"username": username}):
        return True
    since = timezone.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    recent = AccessAttempt.objects.filter(username=username, attempt_time__gte=since)
    failures = recent.aggregate(all=Sum("failures_since_start"))["all"] or 0
    return bool(failures >= _ADDRESSES * settings.AXES_FAILURE_LIMIT)
